"""The family tree of mixers as a graph without loops: parents point to children."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from evolution.lineage.errors import LineageInvalid


@dataclass(frozen=True)
class Node:
    """One mixer of the tree.

    Attributes:
        key: its name in the tree.
        parents: keys, closest first; empty for one that was trained or imported.
        operator: how it was made of them: a name in ``operators.OPERATORS``.
        generation: in which breeding, 0 for founders.
    """

    key: str
    parents: tuple[str, ...] = ()
    operator: str = "founder"
    generation: int = 0


class Ancestry:
    """All mixers of a tree.

    Raises:
        LineageInvalid: a key twice, a parent nobody knows, or somebody their own ancestor.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        listed = list(nodes)
        self.nodes: Mapping[str, Node] = MappingProxyType({node.key: node for node in listed})
        if len(self.nodes) < len(listed):
            raise LineageInvalid("A mixer stands in the tree twice.")
        for node in listed:
            for parent in node.parents:
                if parent not in self.nodes:
                    raise LineageInvalid(f"{node.key} has an unknown parent {parent}.")
        if len(self.oldest_first) < len(listed):
            raise LineageInvalid("A mixer is its own ancestor.")

    @cached_property
    def children(self) -> Mapping[str, tuple[str, ...]]:
        """Children of every mixer, in the order of the nodes."""
        found: dict[str, list[str]] = {key: [] for key in self.nodes}
        for node in self.nodes.values():
            for parent in dict.fromkeys(node.parents):
                found[parent].append(node.key)
        return MappingProxyType({key: tuple(born) for key, born in found.items()})

    @cached_property
    def oldest_first(self) -> tuple[str, ...]:
        """Every mixer after all its parents (A. B. Kahn, CACM 5(11), 1962)."""
        missing = {key: len(set(node.parents)) for key, node in self.nodes.items()}
        ready = deque(key for key, count in missing.items() if not count)
        order: list[str] = []
        while ready:
            order.append(ready.popleft())
            for child in self.children[order[-1]]:
                missing[child] -= 1
                if not missing[child]:
                    ready.append(child)
        return tuple(order)

    @property
    def founders(self) -> tuple[str, ...]:
        """Those without parents."""
        return tuple(key for key in self.oldest_first if not self.nodes[key].parents)

    def ancestors(self, key: str) -> tuple[str, ...]:
        """All whose weights went into a mixer, oldest first, without itself."""
        return self._reached(key, lambda at: self._node(at).parents)

    def descendants(self, key: str) -> tuple[str, ...]:
        """All who have weights of a mixer, oldest first, without itself."""
        return self._reached(key, lambda at: self.children[self._node(at).key])

    def heritage(self, key: str) -> dict[str, float]:
        """Share of each founder in a mixer when parents count alike, largest first; sums to 1."""
        shares: dict[str, dict[str, float]] = {}
        for at in (*self.ancestors(key), key):
            parents = self._node(at).parents
            mixed: dict[str, float] = {} if parents else {at: 1.0}
            for parent in parents:
                for founder, share in shares[parent].items():
                    mixed[founder] = mixed.get(founder, 0.0) + share / len(parents)
            shares[at] = mixed
        return dict(sorted(shares[key].items(), key=lambda item: (-item[1], item[0])))

    def family(self, key: str) -> "Ancestry":
        """The tree of a mixer, its ancestors and its descendants. Other parents of descendants
        are left out."""
        kept = {*self.ancestors(key), key, *self.descendants(key)}
        return Ancestry(
            Node(
                node.key,
                tuple(parent for parent in node.parents if parent in kept),
                node.operator,
                node.generation,
            )
            for node in self.nodes.values()
            if node.key in kept
        )

    def layers(self) -> list[list[str]]:
        """Mixers by depth, for drawing: founders first, everybody below all their parents.

        Within a layer, each stands near the mean place of its parents (the barycentre rule of
        K. Sugiyama et al., IEEE Trans. SMC 11(2), 1981), so that lines cross little.
        """
        depth: dict[str, int] = {}
        for key in self.oldest_first:
            depth[key] = 1 + max((depth[parent] for parent in self.nodes[key].parents), default=-1)
        rows: list[list[str]] = [[] for _ in range(1 + max(depth.values(), default=-1))]
        for key in self.oldest_first:
            rows[depth[key]].append(key)
        place: dict[str, float] = {}
        for row in rows:
            middle = {key: self._middle(key, place) for key in row}
            row.sort(key=lambda key: middle[key])
            place |= {key: (index + 0.5) / len(row) for index, key in enumerate(row)}
        return rows

    def _middle(self, key: str, place: Mapping[str, float]) -> float:
        places = [place[parent] for parent in self.nodes[key].parents]
        return sum(places) / len(places) if places else 0.0

    def _node(self, key: str) -> Node:
        if key not in self.nodes:
            raise LineageInvalid(f"There is no mixer {key} in the tree.")
        return self.nodes[key]

    def _reached(self, key: str, step: Callable[[str], Sequence[str]]) -> tuple[str, ...]:
        seen = {key}
        waiting = [key]
        while waiting:
            for other in step(waiting.pop()):
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        return tuple(at for at in self.oldest_first if at in seen and at != key)
