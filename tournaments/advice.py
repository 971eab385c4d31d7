"""Where another app may advise tournaments: whom to invite, and which pair teaches most.

Tournaments know no taste and no weights. Whoever does registers here, in `AppConfig.ready`; without
advice everything works as before, and advice that fails is logged and left out.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Final

from accounts.models import User
from mixing.models import Mixer, Song
from tournaments.models import Tournament

logger = logging.getLogger(__name__)

MOST_CHALLENGERS: Final = 3

Heard = tuple[int, int, float | None]
"""Entry numbers of sides A and B among the mixers given, and the score (None: both bad)."""
Provider = Callable[[User, Song], Sequence[Mixer]]
Advisor = Callable[[Tournament, User, Sequence[Mixer], Sequence[Heard]], tuple[int, int] | None]

_providers: list[Provider] = []
_advisors: list[Advisor] = []


def register_challengers(provider: Provider) -> None:
    """Add `provider(listener, song)`: mixers to add to tournaments that this listener starts.

    Their personal mixer first, then challengers; at most MOST_CHALLENGERS are taken.
    """
    if provider not in _providers:
        _providers.append(provider)


def register_pairing(advisor: Advisor) -> None:
    """Add `advisor(tournament, listener, mixers, heard)`: the pair to hear next, or None.

    Asked in personal tournaments. `mixers` are those that can be heard, in the order of entries;
    the answer is two different numbers of that list. Sides are shuffled afterwards.
    """
    if advisor not in _advisors:
        _advisors.append(advisor)


def challengers(listener: User, song: Song) -> list[Mixer]:
    """Mixers to invite, each once, at most MOST_CHALLENGERS."""
    invited: dict[object, Mixer] = {}
    for provider in _providers:
        try:
            found = provider(listener, song)
        except Exception:
            logger.exception("advice: %r failed", provider)
            continue
        invited |= {mixer.pk: mixer for mixer in found if mixer.pk not in invited}
    return list(invited.values())[:MOST_CHALLENGERS]


def pair(
    tournament: Tournament, listener: User, mixers: Sequence[Mixer], heard: Sequence[Heard]
) -> tuple[int, int] | None:
    """The first valid advice; None if nobody has any."""
    for advisor in _advisors:
        try:
            advised = advisor(tournament, listener, mixers, heard)
        except Exception:
            logger.exception("advice: %r failed", advisor)
            continue
        if advised is None:
            continue
        a, b = advised
        if a != b and {a, b} <= set(range(len(mixers))):
            return a, b
        logger.error("advice: %r named %s of %d mixers", advisor, advised, len(mixers))
    return None
