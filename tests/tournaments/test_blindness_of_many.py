"""Blindness where many vote: people's mixes, hidden anchors and checks look like any battle.

400 battles of an arena with mixers, a person's mix and anchors are collected as a browser gets
them: page, API and clips. First they are compared literally, then a classifier guesses.
"""

import re
from io import BytesIO

import numpy as np
import pytest
import soundfile
from django.test import Client
from django.urls import reverse
from scipy.stats import binom

from accounts.models import User
from mixing.audio import SAMPLE_RATE
from mixing.models import Mixer, Song
from tests.tournaments.conftest import Clock, make_song, mix_all
from tests.tournaments.crowd import listen, people
from tests.tournaments.test_blindness import (
    Side,
    clip_surface,
    fix_chance,
    guessed_right,
    headers_of,
    without_chance,
)
from tournaments import anchors, services
from tournaments.models import Battle, Entry, Tournament
from tournaments.services import HumanMix, Plan

BATTLES = 400
_COUNTS = re.compile(r'("?(?:number|decided)"?: ?)\d+')


@pytest.fixture
def arena(owner: User, mixers: list[Mixer]) -> Tournament:
    """Five mixers, a person's mix, and an anchor; clips last a fifth of a second."""
    song = make_song(owner, seconds=0.5)
    mix_all(song, owner)
    tournament = services.create_tournament(
        owner=owner,
        songs=[song],
        plan=Plan(format="arena", voters="everybody", battle_budget=6),
        human_mixes=[HumanMix("Jane’s mix", (human_mix(owner, song),))],
    )
    assert anchors.prepare(tournament) == 1
    return tournament


def human_mix(owner: User, song: Song):  # type: ignore[no-untyped-def]
    noise = np.random.default_rng(0).standard_normal((song.frames, 2)) * 0.1
    file = BytesIO()
    soundfile.write(file, noise, SAMPLE_RATE, format="WAV")
    file.seek(0)
    return services.bring_human_mix(owner=owner, song=song, file=file)


def surfaces(client: Client, battle: Battle) -> str:
    """What the listener's browser gets of the battle itself, but for its place in the session."""
    answers = [
        client.get(reverse("tournaments:battle", args=[battle.pk])),
        client.get(reverse("battle-detail", args=[battle.pk])),
    ]
    assert {answer.status_code for answer in answers} == {200}
    text = "\n".join(headers_of(answer) + answer.content.decode() for answer in answers)
    return _COUNTS.sub(r"\1n", text)


@pytest.mark.slow
def test_nothing_tells_mixers_people_anchors_or_checks_apart(
    arena: Tournament, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    _blind(arena, clock, monkeypatch, battles=BATTLES)


def test_nothing_tells_them_apart_in_a_few_battles(
    arena: Tournament, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    _blind(arena, clock, monkeypatch, battles=30)


def _blind(
    arena: Tournament, clock: Clock, monkeypatch: pytest.MonkeyPatch, *, battles: int
) -> None:
    listeners = people(battles // 6 + 1)
    User.objects.update(name="Listener")  # Their own name is on the page.
    fix_chance(monkeypatch, clock)
    sides: list[Side] = []
    kinds, entries, place = set(), set(), {}
    for number in range(battles):
        listener = listeners[number // 6]
        client = Client()
        client.force_login(listener)
        clock.advance(60)
        battle = services.next_battle(tournament=arena, listener=listener)
        assert battle is not None
        shared = surfaces(client, battle)
        for side, mix in (("a", battle.mix_a), ("b", battle.mix_b)):
            assert mix is not None
            sides.append(
                Side(mix.entry.name, str(mix.sound.pk), shared + clip_surface(client, battle, side))
            )
            entries.add(mix.entry.kind)
        kinds.add(battle.kind)
        # What a page says of the place in the session is the same for all at that place.
        text = without_chance(shared)
        assert place.setdefault(battle.number, text) == text
        listen(battle)
        services.cast_vote(battle=battle, listener=listener, choice="a")
    assert entries == {Entry.Kind.MIXER, Entry.Kind.HUMAN, Entry.Kind.ANCHOR}
    assert {Battle.Kind.REAL, Battle.Kind.ANCHOR} <= kinds
    clips = {without_chance(side.surface.split("</html>")[-1]) for side in sides}
    assert len(clips) <= 2  # By the place of the page's end only, never by entry.
    texts, answers = [side.surface for side in sides], [side.mixer for side in sides]
    _, counts = np.unique(answers, return_counts=True)
    _, most = binom.interval(0.99, len(answers), counts.max() / len(answers))
    right = guessed_right(texts, answers)
    assert right <= most, f"{right} of {len(answers)} guessed"
