"""Simulated listeners: what they hear, how they choose, and that rivals behave as known."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from evolution.simulation.baselines import EachAlone, PairedCma, PlainGenetics, RandomSearch
from evolution.simulation.ceilings import Adam, best_head_for_all, best_head_per_listener
from evolution.simulation.comparison import Size, compare, table
from evolution.simulation.listeners import KINDS, TRAITS, Listeners, choice_chances
from evolution.simulation.songs import SimulatedSong, sketched
from evolution.simulation.sound import Stage, listen
from evolution.simulation.trial import Trial
from evolution.simulation.world import OPTIMUM_WINS, World, as_tensor, positions_on
from mixing.networks.checkpoints import shipped_genome
from mixing.networks.genome import Genome
from mixing.networks.shapes import GLOBAL_NAMES, STRIP_COLUMN, STRIP_PARAMETERS

RIVALS = (RandomSearch, PlainGenetics, PairedCma)


@pytest.fixture(scope="module")
def base() -> Genome:
    return shipped_genome("balanced")


@pytest.fixture(scope="module")
def songs() -> list[SimulatedSong]:
    return sketched(9, seed=1)


@pytest.fixture(scope="module")
def world(base: Genome, songs: list[SimulatedSong]) -> World:
    return World.draw(
        KINDS["normal"], base=base, songs=songs, held_out=4, listeners=6, seed=2, steps=60
    )


def heard(stage: Stage, songs: list[SimulatedSong], base: Genome, **knobs: float) -> dict:
    """The base's sound with strip knobs of every stem, or shared knobs, moved by positions."""
    strips, shared = positions_on(base[None], songs, stage)
    for name, change in knobs.items():
        if name in STRIP_COLUMN:
            strips[..., STRIP_COLUMN[name]] += change
        else:
            shared[..., GLOBAL_NAMES.index(name.replace("__", "."))] += change
    return vars(listen(strips, shared, stage))


def test_equal_seeds_make_equal_songs_and_other_seeds_other_ones() -> None:
    first, again, other = (sketched(1, seed=seed)[0] for seed in (4, 4, 5))
    assert np.array_equal(first.sound.embeddings, again.sound.embeddings)
    assert np.array_equal(first.energy, again.energy)
    assert first.energy.shape != other.energy.shape or not np.allclose(first.energy, other.energy)


def test_levels_add_up_and_a_fader_moves_its_stem_by_its_decibels(
    songs: list[SimulatedSong], base: Genome
) -> None:
    stage = Stage.of(songs[:1])
    strips, shared = positions_on(base[None], songs[:1], stage)
    fader = STRIP_PARAMETERS[STRIP_COLUMN["fader_db"]]
    louder = strips.clone()
    louder[0, 0, 1, STRIP_COLUMN["fader_db"]] -= 3.0 / (fader.maximum - fader.minimum)
    before, after = listen(strips, shared, stage), listen(louder, shared, stage)
    power = torch.pow(10.0, before.level[0, 0] / 10.0)
    assert float(power.sum()) == pytest.approx(1.0, abs=1e-4)
    change = (after.level - before.level)[0, 0]
    # Against any other stem it is 3 dB down, whatever the whole does.
    assert float(change[1] - change[0]) == pytest.approx(-3.0, abs=0.01)


@pytest.mark.parametrize(
    ("knob", "change", "figure", "sign"),
    [
        ("reverb_send_db", 0.2, "wet", 1),
        ("delay_send_db", 0.2, "echo", 1),
        ("comp_threshold_db", -0.2, "squashed", 1),
        ("comp_threshold_db", -0.2, "punch", -1),
        ("master__width", 0.2, "wide", 1),
        ("reverb__decay_s", 0.2, "decay", 1),
        ("master__comp_threshold_db", -0.2, "glue", 1),
    ],
)
def test_knobs_do_what_their_names_say(
    songs: list[SimulatedSong], base: Genome, knob: str, change: float, figure: str, sign: int
) -> None:
    stage = Stage.of(songs[:3])
    before = heard(stage, songs[:3], base)[figure].mean()
    after = heard(stage, songs[:3], base, **{knob: change})[figure].mean()
    assert sign * float(after - before) > 0.01


def test_padding_changes_nothing(songs: list[SimulatedSong], base: Genome) -> None:
    few, many = sorted(songs, key=lambda song: len(song.roles))[:: len(songs) - 1]
    assert len(few.roles) < len(many.roles)
    alone, together = Stage.of([few]), Stage.of([few, many])
    one, both = (
        listen(*positions_on(base[None], part, stage), stage)
        for part, stage in (([few], alone), ([few, many], together))
    )
    count = len(few.roles)
    assert torch.allclose(one.tone[0, 0], both.tone[0, 0], atol=1e-4)
    assert torch.allclose(one.level[0, 0], both.level[0, 0, :count], atol=1e-4)
    assert torch.allclose(one.wide[0, 0], both.wide[0, 0], atol=1e-4)
    assert torch.allclose(one.masked[0, 0], both.masked[0, 0], atol=1e-4)


def test_a_mix_at_the_ideal_is_the_best_there_is(world: World, base: Genome) -> None:
    scene = world.public
    strips, shared = positions_on(base[None], scene.songs, scene.stage)
    ideals = replace(scene.ideals, offset=torch.zeros_like(scene.ideals.offset))
    nothing = torch.zeros(1, ideals.offset.shape[1])
    care = torch.ones(1, len(TRAITS))
    at_best = ideals.utility(listen(strips, shared, scene.stage), nothing, care)
    strips[..., STRIP_COLUMN["fader_db"]] += 0.05 * torch.randn(
        strips.shape[:-1], generator=torch.Generator().manual_seed(1)
    )
    moved = ideals.utility(listen(strips, shared, scene.stage), nothing, care)
    assert bool((moved < at_best).all())


def test_choices_follow_davidson_with_lapses_and_the_side_heard_first() -> None:
    chances = choice_chances(np.array([0.0, 1.0]), ties=0.5, lapse=0.0)
    assert chances[0] == pytest.approx([0.4, 0.2, 0.4])
    assert chances[1, 0] / chances[1, 2] == pytest.approx(np.e)
    careless = choice_chances(np.array([50.0]), ties=0.0, lapse=0.1)
    assert careless[0, 0] == pytest.approx(0.95)
    first = choice_chances(np.array([0.0]), ties=0.0, lapse=0.0, first_heard=0.7)
    assert first[0, 0] == pytest.approx(1 / (1 + np.exp(-0.7)))
    assert choice_chances(np.array([2000.0]), ties=1.0, lapse=0.0)[0, 0] == pytest.approx(1.0)


def test_alike_listeners_share_one_taste_and_drift_turns_it() -> None:
    rng = np.random.default_rng(0)
    alike = Listeners.draw(KINDS["alike"], 5, rng)
    assert not alike.tastes().any()
    assert np.allclose(alike.care, 1.0)
    drifting = Listeners.draw(KINDS["drifting"], 5, rng)
    still = Listeners.draw(KINDS["normal"], 5, rng)
    assert np.array_equal(still.tastes(0), still.tastes(80))
    start, end = drifting.tastes(0), drifting.tastes(80)
    assert np.linalg.norm(end - start) > 0.5 * np.linalg.norm(start)
    careless = Listeners.draw(KINDS["careless"], 200, rng)
    assert 0.3 < float((careless.lapse > 0.3).mean()) < 0.5


def test_noise_is_set_by_what_the_optimum_wins(world: World, base: Genome) -> None:
    people = world.listeners
    from evolution.simulation.ceilings import best_positions

    scene = world.held_out
    start = positions_on(base[None], scene.songs, scene.stage)
    best = best_positions(
        scene.ideals, as_tensor(people.tastes()), as_tensor(people.care), start, 60
    )
    rows = np.repeat(base[None], len(people), axis=0)
    own = scene.utility(rows, people.tastes(), people.care)
    assert world.chance(best.numpy() - own).mean() == pytest.approx(OPTIMUM_WINS, abs=0.005)
    assert world.share_won(range(6), rows, base).tolist() == pytest.approx([0.5] * 6)


def test_what_is_possible_is_ordered(world: World) -> None:
    for_all, head = best_head_for_all(world, 60)
    for_each = best_head_per_listener(world, 60)
    assert 0.5 < for_all < for_each < OPTIMUM_WINS
    everybody = range(len(world.listeners))
    won = world.share_won(everybody, np.repeat(head[None], len(everybody), axis=0), world.base)
    assert won.mean() == pytest.approx(for_all, abs=2e-3)


def test_the_gradient_ascent_is_adam() -> None:
    values = torch.tensor([1.0, -2.0], requires_grad=True)
    optimiser = Adam([values], 0.1)
    (values**4).sum().backward()
    optimiser.step()
    # Kingma and Ba: the first step is the rate against the sign of the gradient.
    assert torch.allclose(values, torch.tensor([0.9, -1.9]), atol=1e-6)
    first, second = torch.tensor([4.0, -32.0]), 4.0 * values.detach() ** 3
    (values**4).sum().backward()
    before = values.detach().clone()
    optimiser.step()
    mean = (0.09 * first + 0.1 * second) / (1 - 0.9**2)
    square = (0.000999 * first**2 + 0.001 * second**2) / (1 - 0.999**2)
    assert torch.allclose(values, before - 0.1 * mean / square.sqrt(), atol=1e-6)


@pytest.mark.parametrize("make", RIVALS)
def test_rivals_can_be_driven_and_repeated(world: World, make: type) -> None:
    def lived() -> list[bytes]:
        rival = EachAlone(make, world.base, 1)
        trial = Trial(world, rival, range(3), world.base, 1)
        look = trial.until([14])[0]
        assert look.votes == 14
        assert look.against_base.shape == (3,)
        return [rival.mixer_of(listener).tobytes() for listener in range(3)]

    once = lived()
    assert lived() == once
    assert len(set(once)) > 1 or once[0] == world.base.tobytes()


def test_breeding_raw_weights_makes_mixes_worse(world: World) -> None:
    """The known trap: winners of a few noisy battles breed noise."""
    rival = EachAlone(PlainGenetics, world.base, 1)
    looks = Trial(world, rival, range(6), world.base, 1).until([12, 60])
    assert looks[1].played < looks[0].played
    assert looks[1].played < 0.47


def test_the_comparison_reports_every_method(tmp_path, monkeypatch) -> None:
    from evolution.simulation import comparison

    monkeypatch.setattr(comparison, "composed", lambda count, **_: sketched(count, seed=2))
    monkeypatch.setattr(comparison, "_CEILING_STEPS", 10)
    size = Size(
        crowd=2, newcomers=2, checkpoints=(2, 4), public_songs=4, held_out_songs=2, probe_songs=3,
        seeds=1,
    )  # fmt: skip
    said: list[str] = []
    figures = compare(["alike"], size, cache=tmp_path, say=said.append)
    rows = figures["alike"]["methods"]
    assert [(row["method"], row["scene"]) for row in rows] == [
        ("learner", "cold"),
        ("learner", "newcomers"),
        *((name, "cold") for name in comparison.RIVALS),
    ]
    for row in rows:
        assert [look["votes"] for look in row["looks"]] == [2, 4]
        for look in row["looks"]:
            assert 0.0 < look["against_base"][0] < 1.0
            assert 0.0 <= look["harmed"] <= 1.0
    assert said == ["alike, world 1: done"]
    text = table(figures)
    assert "World: alike" in text
    assert text.count("\n") == 2 + 2 * len(rows)
