"""All presets that come with the product."""

from typing import Final

from mixing.presets.genres import GENRES
from mixing.presets.grooves import GROOVES
from mixing.presets.intentions import INTENTIONS
from mixing.presets.writing import BuiltInPreset

BUILT_IN: Final[tuple[BuiltInPreset, ...]] = (*INTENTIONS, *GENRES, *GROOVES)
