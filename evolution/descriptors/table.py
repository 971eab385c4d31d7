"""The words in which taste is learnt: what people can hear and say about a mix.

Every descriptor is counted in *steps*: one step is a difference that a listener notices when asked
for it. Zero is the song as the shipped "balanced" mixer mixes it, so that +1 vocal level means one
step louder vocals than there, on every song.
"""

from dataclasses import dataclass
from typing import Final

DESCRIPTOR_VERSION: Final = 1
"""Raised whenever the same mix would get other numbers: tastes of another version are refitted."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """One audible quality.

    Attributes:
        name: stable identifier.
        label: heading for people.
        unit: what ``step`` is counted in.
        step: one clearly audible difference, in ``unit``.
        more, less: words for a mix that has more or less of it than another.
        measured: True where a rendered mix is measured instead of predicted from its settings.
    """

    name: str
    label: str
    unit: str
    step: float
    more: str
    less: str
    measured: bool = False

    def amount(self, steps: float) -> str:
        """A difference in the descriptor's unit, for people: "1.5 dB"."""
        return f"{abs(steps) * self.step:.1f} {self.unit}".strip()


DESCRIPTORS: Final = (
    Descriptor("vocal_level", "Vocal level", "dB", 1.0, "vocals louder", "vocals quieter"),
    Descriptor("drums_level", "Drums level", "dB", 1.0, "drums louder", "drums quieter"),
    Descriptor("bass_level", "Bass level", "dB", 1.0, "bass louder", "bass quieter"),
    Descriptor("brightness", "Brightness", "dB", 1.0, "brighter", "darker", True),
    Descriptor("low_end", "Low end", "dB", 1.0, "more low end", "leaner", True),
    Descriptor("mud", "Low mids", "dB", 1.0, "fuller low mids", "cleaner low mids", True),
    Descriptor("air", "Air", "dB", 1.0, "airier", "softer on top", True),
    Descriptor("width", "Width", "dB", 1.0, "wider", "narrower", True),
    Descriptor("wetness", "Space", "dB", 2.0, "more reverb and echo", "drier"),
    Descriptor("room", "Room size", "%", 20.0, "larger room", "smaller room"),
    Descriptor("vocal_wetness", "Vocal space", "dB", 2.0, "vocals wetter", "vocals drier"),
    Descriptor("vocal_tone", "Vocal tone", "dB", 1.0, "brighter vocals", "warmer vocals"),
    Descriptor("density", "Compression", "dB", 1.0, "more compressed", "more dynamic"),
)
NAMES: Final = tuple(descriptor.name for descriptor in DESCRIPTORS)
COLUMN: Final = {name: column for column, name in enumerate(NAMES)}
COUNT: Final = len(DESCRIPTORS)
"""D, the length of a row of descriptors."""
