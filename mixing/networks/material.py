"""Which songs a training or a measurement uses, and how to get at them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mixing.networks.corpus import Corpus, gather
from mixing.networks.sources.choosing import Chance, Selection, Weighted, select
from mixing.networks.sources.songs import DataUnusable, Part
from mixing.networks.sources.synthesiser import Synthesiser

_PURPOSES: Final = {
    Part.TRAINING: "trains",
    Part.VALIDATION: "validates",
    Part.HELD_OUT: "is held out",
}


def _silently(fault: str) -> None:
    pass


@dataclass
class Material:
    """Songs by part from weighted sources.

    cache: folder for their spectrograms; listened: how many synthesised songs are rendered when
    mixers are measured; views: time-masked versions of every training stem; tell: hears a sentence
    about everything in the sources that could not be used.
    """

    cache: Path
    sources: Sequence[Weighted] = (Weighted(Synthesiser()),)
    listened: int = 12
    views: int = 0
    tell: Callable[[str], None] = _silently
    progress: bool = False
    _selection: Selection | None = None

    def songs(self, part: Part) -> Corpus:
        """The songs of a part.

        Raises:
            DataUnusable: a source has nothing to offer, or this part is empty.
        """
        found = self.songs_if_any(part)
        if found is None:
            raise DataUnusable(
                f"No song of {self.names} {_PURPOSES[part]}. A collection gives a tenth of its"
                " songs to each purpose but training: add songs or another source (synth has all)."
            )
        return found

    def songs_if_any(self, part: Part) -> Corpus | None:
        """The songs of a part, None when it has none."""
        chances = self._select().parts[part]
        if not chances:
            return None
        return self._gather(chances, self.views if part == Part.TRAINING else 0)

    @property
    def names(self) -> str:
        return ", ".join(weighted.source.name for weighted in self.sources)

    def as_card(self) -> list[dict[str, Any]]:
        """Sources and weights, for the model card."""
        return [{"source": w.source.name, "weight": w.weight} for w in self.sources]

    def _select(self) -> Selection:
        if self._selection is None:
            self._selection = select(self.sources)
            for fault in self._selection.faults:
                self.tell(fault)
        return self._selection

    def _gather(self, chances: Sequence[Chance], views: int) -> Corpus:
        return gather(
            chances, cache=self.cache, views=views, progress=self.progress, tell=self.tell
        )
