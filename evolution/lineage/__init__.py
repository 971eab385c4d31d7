"""Who was bred from whom, what winners have in common, and who likes alike."""

from evolution.lineage.ancestry import Ancestry, Node
from evolution.lineage.clusters import TasteGroup, taste_groups
from evolution.lineage.errors import LineageInvalid
from evolution.lineage.winners import Trait, in_common, soup

__all__ = [
    "Ancestry",
    "LineageInvalid",
    "Node",
    "TasteGroup",
    "Trait",
    "in_common",
    "soup",
    "taste_groups",
]
