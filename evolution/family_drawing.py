"""A family tree as shapes: generations from left to right, a member where its parents' mean is."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from evolution.families import Member, Tree

COLUMN: Final = 150.0
ROW: Final = 46.0
MARGIN: Final = 34.0
RADIUS: Final = 8.0


@dataclass(frozen=True, slots=True)
class DrawnMember:
    member: Member
    x: float
    y: float
    label: str
    title: str


@dataclass(frozen=True, slots=True)
class DrawnFamily:
    """`edges` are SVG paths from parent to child."""

    width: float
    height: float
    members: tuple[DrawnMember, ...]
    edges: tuple[str, ...]
    columns: tuple[tuple[float, int], ...]
    """Where each generation stands, and its number."""


def draw_family(tree: Tree) -> DrawnFamily:
    """Layers as columns; in a column the order that crosses least with the one before."""
    places: dict[UUID, tuple[float, float]] = {}
    members: list[DrawnMember] = []
    tallest = max((len(layer) for layer in tree.layers), default=1)
    height = 2 * MARGIN + ROW * tallest
    for column, layer in enumerate(tree.layers):
        x = MARGIN + COLUMN * column
        start = (height - ROW * (len(layer) - 1)) / 2
        for row, member in enumerate(sorted(layer, key=lambda one: _wish(one, places))):
            places[member.id] = (x, start + ROW * row)
            members.append(_drawn(member, *places[member.id]))
    edges = tuple(
        _edge(places[parent], places[drawn.member.id])
        for drawn in members
        for parent in drawn.member.parents
        if parent in places
    )
    columns = tuple(
        (MARGIN + COLUMN * column, layer[0].generation)
        for column, layer in enumerate(tree.layers)
        if layer
    )
    width = 2 * MARGIN + COLUMN * max(1, len(tree.layers) - 1) + 110
    return DrawnFamily(width, height, tuple(members), edges, columns)


def _wish(member: Member, places: dict[UUID, tuple[float, float]]) -> tuple[float, int]:
    heights = [places[parent][1] for parent in member.parents if parent in places]
    return (sum(heights) / len(heights) if heights else 0.0, member.place)


def _drawn(member: Member, x: float, y: float) -> DrawnMember:
    label = member.mixer.name if member.mixer is not None else ""
    strength = ""
    if member.strength is not None and member.low is not None and member.high is not None:
        strength = f", strength {member.strength:+.1f} ({member.low:+.1f} to {member.high:+.1f})"
    title = f"Generation {member.generation}: {label or 'unheard'}, {member.words}{strength}"
    return DrawnMember(member, x, y, label, title.replace("-", "−"))


def _edge(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = start, end
    bend = (x1 + x2) / 2
    return f"M{x1:.1f} {y1:.1f}C{bend:.1f} {y1:.1f} {bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
