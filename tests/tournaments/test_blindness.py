"""Before a vote, nothing that reaches a browser differs by mixer, except the sound itself.

Everything the page, the API, the socket's snapshot and the clips' answers give is collected for 60
battles with fixed chance. First it is compared literally; then a classifier tries to guess from it
which mixer is behind a side.
"""

import json
import os
import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pytest
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse
from scipy.stats import binom
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.naive_bayes import BernoulliNB

from accounts.models import User
from mixing.models import Mixer
from tests.tournaments.conftest import Clock, make_song, mix_all
from tournaments import services
from tournaments.models import Battle, Tournament

BATTLES = 60
_IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SECRETS = re.compile(r"[A-Za-z0-9]{32,}|(?<=nonce[-=])\"?[\w-]{22}")  # CSRF tokens and nonces
_HTTP_DATES = re.compile(r"\d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT")  # From the true clock


@dataclass(frozen=True)
class Side:
    """All that a browser got about one side, and the answer."""

    mixer: str
    mix: str
    surface: str


def fix_chance(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """From here on ids, seeds and the clock are the same in every run."""
    chance = random.Random(20)
    monkeypatch.setattr(os, "urandom", chance.randbytes)
    monkeypatch.setattr(random, "_urandom", chance.randbytes)
    clock.now = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def sides(
    owner: User,
    mixers: list[Mixer],
    clock: Clock,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> list[Side]:
    """Both sides of the first battles of many tournaments, in which every pair is as likely."""
    song = make_song(owner, seconds=1.0)
    mix_all(song, owner)
    client.force_login(owner)
    fix_chance(monkeypatch, clock)
    collected = []
    for _ in range(BATTLES):
        clock.advance(60)
        tournament = services.start_tournament(owner=owner, song=song)
        battle = services.next_battle(tournament=tournament, listener=owner)
        assert battle is not None
        shared = battle_surface(client, tournament, battle)
        for side, mix in (("a", battle.mix_a), ("b", battle.mix_b)):
            assert mix is not None
            assert mix.entry.mixer is not None
            surface = shared + clip_surface(client, battle, side)
            collected.append(Side(mix.entry.mixer.name, str(mix.preview_id), surface))
        services.close_tournament(tournament=tournament, by=owner)
    return collected


def battle_surface(client: Client, tournament: Tournament, battle: Battle) -> str:
    """Page, API and live snapshot of an open battle."""
    answers = [
        client.get(reverse("tournaments:battle", args=[battle.pk])),
        client.get(reverse("battle-detail", args=[battle.pk])),
        client.post(reverse("tournament-next", args=[tournament.pk])),
        client.get(reverse("tournament-detail", args=[tournament.pk])),
        client.get(reverse("tournament-live", args=[tournament.pk])),
        client.get(reverse("tournament-standings", args=[tournament.pk])),
    ]
    assert {answer.status_code for answer in answers} == {200}
    return "\n".join(headers_of(answer) + answer.content.decode() for answer in answers)


def clip_surface(client: Client, battle: Battle, side: str) -> str:
    """Everything about a side's clip but its samples, from the page's address and the API's."""
    told = []
    for name in ("tournaments:clip", "battle-audio"):
        answer = client.get(reverse(name, args=[battle.pk, side]))
        assert answer.status_code == 200
        content = b"".join(answer)  # type: ignore[call-overload]
        told.append(f"{headers_of(answer)}\n{content[:44].hex(' ')}\n{len(content)}")
    part = client.get(
        reverse("battle-audio", args=[battle.pk, side]), headers={"Range": "bytes=-1"}
    )
    return "\n".join([*told, headers_of(part)])


def headers_of(answer: HttpResponseBase) -> str:
    cookies = "\n".join(morsel.OutputString() for morsel in answer.cookies.values())
    return _HTTP_DATES.sub("date", json.dumps(sorted(answer.headers.items())) + cookies)


def without_chance(surface: str) -> str:
    """The surface without ids, tokens and times, which are drawn without knowing the mixer."""
    surface = _SECRETS.sub("secret", _IDS.sub("id", surface))
    surface = re.sub(r'"ETag", "\\"[0-9a-f]+-', '"ETag", "time-', surface)
    surface = re.sub(r"2026-01-01T[0-9:.]+", "time", surface)
    return re.sub(r'"sequence": ?\d+', "sequence", surface)


def guessed_right(texts: list[str], answers: list[str]) -> int:
    """How many mixers a classifier guesses that was trained on other battles.

    It looks at which words are there; those in one battle only, or in all, cannot help it.
    """
    words = CountVectorizer(binary=True, token_pattern=r"\w+", min_df=3, max_df=0.95)
    # A word of its own keeps the vocabulary from being empty when nothing differs at all.
    seen = words.fit_transform(f"{text} coin{number % 2}" for number, text in enumerate(texts))
    guess = cross_val_predict(
        BernoulliNB(),
        seen,
        answers,
        groups=[number // 2 for number in range(len(texts))],
        cv=StratifiedGroupKFold(5, shuffle=True, random_state=0),
    )
    return int(np.sum(guess == np.array(answers)))


def test_a_browser_learns_nothing_of_the_mixers(sides: list[Side]) -> None:
    """No difference but what chance drew; and no better guess than by chance (95 % interval)."""
    assert len({without_chance(side.surface) for side in sides}) == 1

    texts, answers = [side.surface for side in sides], [side.mixer for side in sides]
    _, counts = np.unique(answers, return_counts=True)
    # Always naming the commonest mixer is the best that a blind guess can do.
    _, most = binom.interval(0.95, len(answers), counts.max() / len(answers))
    assert guessed_right(texts, answers) <= most

    # The same classifier sees a leak when there is one: a mix's id in one place is enough.
    leaking = [f"{side.surface} {side.mix.replace('-', '')}" for side in sides]
    assert guessed_right(leaking, answers) > 0.9 * len(answers)
