"""Time: the clock of a song, its swing and the looseness of the people who play to it."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Clock:
    """Where beats fall. ``swing`` 0 (straight) to 0.33 (triplets) delays every second half beat,
    or every second sixteenth if ``swing_sixteenths``; ``looseness_s`` is the players' spread."""

    tempo_bpm: float
    beats_per_bar: int = 4
    swing: float = 0.0
    swing_sixteenths: bool = False
    looseness_s: float = 0.006
    offset_s: float = 0.1

    @property
    def beat_s(self) -> float:
        """Seconds of a beat."""
        return 60.0 / self.tempo_bpm

    @property
    def bar_s(self) -> float:
        """Seconds of a bar."""
        return self.beat_s * self.beats_per_bar

    def time(self, beat: float) -> float:
        """Return the moment in seconds of a beat counted from the song's first, swing applied."""
        unit = 0.5 if self.swing_sixteenths else 1.0
        whole, part = divmod(beat, unit)
        part /= unit
        late = self.swing * unit * (part / 0.5 if part <= 0.5 else (1.0 - part) / 0.5)
        return self.offset_s + (whole * unit + part * unit + late) * self.beat_s

    def played(self, beat: float, rng: np.random.Generator) -> float:
        """Return ``time`` as a person plays it: at most three spreads off, not below 0."""
        spreads = float(np.clip(rng.standard_normal(), -3.0, 3.0))
        return max(0.0, self.time(beat) + spreads * self.looseness_s)
