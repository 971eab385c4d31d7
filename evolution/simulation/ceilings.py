"""What is possible at all in a world, found with the true utility that no learner sees.

Gradient ascent (Adam) on console positions song by song, or on the weights of heads, which must
serve songs they were not fitted to. Results of learners are read beside these figures.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.func import functional_call, vmap

from evolution.simulation.listeners import Ideals
from evolution.simulation.sound import listen
from mixing.networks.architecture import Head
from mixing.networks.genome import Genome, state_of
from mixing.networks.shapes import HEAD

if TYPE_CHECKING:
    from evolution.simulation.world import World

State = dict[str, Tensor]

_POSITION_RATE: Final = 0.02
_WEIGHT_RATE: Final = 2e-3
_LOOK_EVERY: Final = 10


class Adam:
    """Kingma and Ba's Adam (ICLR 2015), which torch.optim has too, behind an import of seconds."""

    def __init__(self, values: Sequence[Tensor], rate: float) -> None:
        self._values, self._rate, self._count = list(values), rate, 0
        self._mean = [torch.zeros_like(value) for value in values]
        self._square = [torch.zeros_like(value) for value in values]

    def step(self) -> None:
        """Move against the gradients and forget them."""
        self._count += 1
        first, second = 1.0 - 0.9**self._count, 1.0 - 0.999**self._count
        with torch.no_grad():
            for value, mean, square in zip(self._values, self._mean, self._square, strict=True):
                assert value.grad is not None
                mean.mul_(0.9).add_(value.grad, alpha=0.1)
                square.mul_(0.999).addcmul_(value.grad, value.grad, value=0.001)
                value -= self._rate * (mean / first) / ((square / second).sqrt() + 1e-8)
                value.grad = None


def best_positions(
    ideals: Ideals, tastes: Tensor, care: Tensor, start: tuple[Tensor, Tensor], steps: int
) -> Tensor:
    """Utility (listeners, songs) of the best console found for every listener and song."""
    strips = start[0].expand(len(tastes), *start[0].shape[1:]).clone().requires_grad_()
    shared = start[1].expand(len(tastes), *start[1].shape[1:]).clone().requires_grad_()
    optimiser = Adam([strips, shared], _POSITION_RATE)
    best = torch.full((len(tastes), len(ideals.offset)), -torch.inf)
    for _ in range(steps):
        sound = listen(strips.clamp(0, 1), shared.clamp(0, 1), ideals.stage)
        utility = ideals.utility(sound, tastes, care)
        best = torch.maximum(best, utility.detach())
        (-utility.sum()).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        with torch.no_grad():
            strips.clamp_(0.0, 1.0)
            shared.clamp_(0.0, 1.0)
    return best


def best_head_per_listener(world: "World", steps: int) -> float:
    """Share of held-out battles won by the best single head of each listener."""
    return _ascend(world, len(world.listeners), steps)[0]


def best_head_for_all(world: "World", steps: int) -> tuple[float, Genome]:
    """Share won by the best single head for everybody, and that head."""
    return _ascend(world, 1, steps)


def _ascend(world: "World", heads: int, steps: int) -> tuple[float, Genome]:
    """Fit heads on the public songs: the best held-out share on the way, the first head then."""
    people = world.listeners
    tastes = torch.from_numpy(people.tastes().astype(np.float32))
    care = torch.from_numpy(people.care.astype(np.float32))
    model, state = Head(HEAD), _stacked(world.base, heads)
    optimiser = Adam(list(state.values()), _WEIGHT_RATE)
    won = _share_of(world, model, tastes, care)
    best, genome = 0.0, world.base
    for step in range(steps + 1):
        if step % _LOOK_EVERY == 0:
            with torch.no_grad():
                share = float(won(state, False).mean())
            if share > best:
                best, genome = share, _genome(state)
        (-won(state, True).sum(0).mean()).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return best, genome


def _share_of(
    world: "World", model: Head, tastes: Tensor, care: Tensor
) -> Callable[[State, bool], Tensor]:
    """The share won (listeners, songs) against the base, on public or on held-out songs."""
    base = _stacked(world.base, 1)
    scenes = {True: world.public, False: world.held_out}

    def utility(state: State, public: bool) -> Tensor:
        scene = scenes[public]
        strips, shared = vmap(lambda s: functional_call(model, s, (scene.stage.embeddings,)))(state)
        sound = listen(strips, shared, scene.stage)
        return scene.ideals.utility(sound, tastes, care)

    with torch.no_grad():
        of_base = {public: utility(base, public) for public in scenes}
    ties, lapse = world.kind.ties, world.kind.lapse

    def share(state: State, public: bool) -> Tensor:
        half = 0.5 * world.sharpness * (utility(state, public) - of_base[public])
        sure = (torch.exp(half) + 0.5 * ties) / (torch.exp(half) + torch.exp(-half) + ties)
        return (1.0 - lapse) * sure + 0.5 * lapse

    return share


def _stacked(genome: Genome, heads: int) -> State:
    return {
        name: torch.from_numpy(np.repeat(value[None], heads, axis=0)).requires_grad_(heads > 0)
        for name, value in state_of(genome).items()
    }


def _genome(state: State) -> NDArray[np.float32]:
    rows = [value[0].detach().numpy().ravel() for value in state.values()]
    return np.concatenate(rows).astype(np.float32)
