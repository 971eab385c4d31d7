"""Suggested console changes for one mix of a song: single moves that a listener's taste likes.

Every move is one audible change of one knob on all stems of one role, or on the whole mix. The
taste judges the predicted sound of all of them at once; the best is kept, and the next is looked
for on top of it, until nothing is likely to be better any more.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from accounts.models import User
from evolution import beliefs, descriptors
from evolution.choosing import p_better
from evolution.descriptors import DESCRIPTOR_VERSION, DESCRIPTORS
from evolution.models import StoredSound
from evolution.preference import Taste
from evolution.refusals import NothingLearnt, NothingToSuggest
from evolution.sounds import load_sound
from mixing import services as mixing_services
from mixing.audio.parameters import MASTER, STRIP, Parameter, Settings
from mixing.audio.roles import ROLE_LABELS
from mixing.models import Mix, Song
from mixing.networks.shapes import GLOBAL_LEARNED, STRIP_LEARNED

if TYPE_CHECKING:
    from evolution.descriptors import SongSound

MOST: Final = 4
LEAST_PROBABILITY: Final = 0.65
LEAST_EFFECT: Final = 0.05
"""Logits: below it a change is not worth mentioning."""

_STRIP_MOVES: Final[dict[str, float]] = {
    "fader_db": 1.5,
    "low_shelf_gain_db": 2.0,
    "peak1_gain_db": 2.0,
    "peak2_gain_db": 2.0,
    "peak3_gain_db": 2.0,
    "high_shelf_gain_db": 2.0,
    "reverb_send_db": 3.0,
    "delay_send_db": 3.0,
}
"""Units of one move up or down, by knob: each a difference that is heard when looked for."""
_MASTER_MOVES: Final[dict[str, float]] = {
    "low_shelf_gain_db": 1.0,
    "peak1_gain_db": 1.0,
    "peak3_gain_db": 1.0,
    "high_shelf_gain_db": 1.0,
    "width": 0.15,
    "comp_threshold_db": 2.0,
}
_BY_NAME: Final = {p.name: p for p in STRIP}
_MASTER_BY_NAME: Final = {p.name: p for p in MASTER}

Change = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One change: in words, as an override of settings, and what the taste expects of it."""

    text: str
    role: str
    """Of the stems it concerns; empty for the whole mix."""
    parameter: str
    unit: str
    amount: float
    """In the knob's unit; for several stems their mean."""
    changes: Change
    probability: float
    """That the listener likes the mix better with it (and with those before it) than without."""
    gain: float
    """Expected, in logits."""
    effects: tuple[tuple[str, float], ...]
    """Descriptors it moves most: label in words, steps."""


@dataclass(frozen=True, slots=True)
class Advice:
    """Suggestions for one mix, best first, and all of them together."""

    song_id: UUID
    mix_id: UUID
    suggestions: tuple[Suggestion, ...]
    changes: Change
    probability: float
    """That the listener likes the mix with all of them better than as it is."""


@dataclass(frozen=True, slots=True)
class _Move:
    role: str
    parameter: Parameter
    amount: float
    settings: Settings


def advice_for(mix: Mix, listener: User) -> Advice:
    """What this listener would change of a finished mix.

    Raises NothingLearnt (no votes, or the song's sound is not known yet), NothingToSuggest.
    """
    taste = beliefs.taste_of(listener)
    sound = _sound_of(mix)
    if taste.row is None or taste.votes == 0 or sound is None or mix.settings is None:
        raise NothingLearnt
    start = Settings.from_json(mix.settings)
    roles = [stem.role for stem in mix.song.stems.ready()]
    suggestions, now = _greedy(start, roles, sound, taste.posterior)
    if not suggestions:
        raise NothingToSuggest
    first, last = _describe([start, now], sound)
    return Advice(
        song_id=mix.song_id,
        mix_id=mix.pk,
        suggestions=tuple(suggestions),
        changes=difference(start, now),
        probability=_p_better(taste.posterior, last, first),
    )


def preview_of(mix: Mix, listener: User, changes: Change) -> Mix:
    """Order the audible preview of a mix with such changes on top of those it has already.

    Raises what `mixing.services.request_adjusted_mix` refuses.
    """
    return mixing_services.request_adjusted_mix(
        song=Song.objects.get(pk=mix.song_id),
        by=listener,
        mixer=mix.mixer,
        changes=_merged(mix.overrides, changes),
    )


def previews_by_changes(mix: Mix) -> Callable[[Change], Mix | None]:
    """Looks up the preview of a mix with such changes, if it was ordered (one query)."""
    state = Mix.objects.filter(
        song=mix.song_id,
        mixer=mix.mixer_id,
        section=Mix.Section.PREVIEW,
        multitrack_sha256=mix.multitrack_sha256,
    )
    made = list(state.select_related("mixer"))

    def find(changes: Change) -> Mix | None:
        wanted = _merged(mix.overrides, changes)
        return next((one for one in made if one.overrides == wanted), None)

    return find


def difference(before: Settings, after: Settings) -> Change:
    """The values of `after` that differ, as overrides."""
    strips = {
        str(k): changed
        for k, (old, new) in enumerate(zip(before.strips, after.strips, strict=True))
        if (changed := _changed(old, new))
    }
    changes: Change = {"strips": strips} if strips else {}
    for section in ("reverb", "delay", "master"):
        if changed := _changed(getattr(before, section), getattr(after, section)):
            changes[section] = changed
    return changes


def _greedy(
    start: Settings, roles: Sequence[str], sound: "SongSound", taste: Taste
) -> tuple[list[Suggestion], Settings]:
    now, taken = start, set()
    suggestions: list[Suggestion] = []
    while len(suggestions) < MOST:
        moves = [
            move for move in _moves(now, roles) if (move.role, move.parameter.name) not in taken
        ]
        rows = _describe([now, *(move.settings for move in moves)], sound)
        gains = taste.utility(rows[1:]) - taste.utility(rows[0])
        best = int(np.argmax(gains))
        probability = _p_better(taste, rows[1 + best], rows[0])
        if gains[best] < LEAST_EFFECT or probability < LEAST_PROBABILITY:
            break
        move = moves[best]
        effects = _effects(rows[1 + best] - rows[0])
        suggestions.append(_suggestion(move, now, probability, float(gains[best]), effects))
        taken.add((move.role, move.parameter.name))
        now = move.settings
    return suggestions, now


def _moves(now: Settings, roles: Sequence[str]) -> Iterator[_Move]:
    """Every knob one move up and one down, on the stems of every role and on the master."""
    for role in dict.fromkeys(roles):
        for name, unit in _STRIP_MOVES.items():
            for amount in (unit, -unit):
                yield from _strip_move(now, roles, role, _BY_NAME[name], amount)
    for name, unit in _MASTER_MOVES.items():
        parameter = _MASTER_BY_NAME[name]
        for amount in (unit, -unit):
            value = _within(parameter, now.master[name] + amount)
            if value != now.master[name]:
                turned = Settings(now.strips, now.reverb, now.delay, {**now.master, name: value})
                yield _Move("", parameter, value - now.master[name], turned)


def _strip_move(
    now: Settings, roles: Sequence[str], role: str, parameter: Parameter, amount: float
) -> Iterator[_Move]:
    strips, moved = [], []
    for strip, own in zip(now.strips, roles, strict=True):
        value = strip[parameter.name]
        if own == role:
            value = _within(parameter, value + amount)
            moved.append(value - strip[parameter.name])
        strips.append({**strip, parameter.name: value})
    if any(moved):
        turned = Settings(tuple(strips), now.reverb, now.delay, now.master)
        yield _Move(role, parameter, sum(moved) / len(moved), turned)


def _describe(settings: Sequence[Settings], sound: "SongSound") -> NDArray[np.float32]:
    positions = [one.normalised() for one in settings]
    strips = np.stack([strip[:, STRIP_LEARNED] for strip, _ in positions])
    shared = np.stack([common[GLOBAL_LEARNED] for _, common in positions])
    return descriptors.describe(strips, shared, sound)


def _suggestion(
    move: _Move,
    before: Settings,
    probability: float,
    gain: float,
    effects: tuple[tuple[str, float], ...],
) -> Suggestion:
    return Suggestion(
        text=_words(move, before),
        role=move.role,
        parameter=move.parameter.name,
        unit=move.parameter.unit,
        amount=move.amount,
        changes=difference(before, move.settings),
        probability=probability,
        gain=gain,
        effects=effects,
    )


def _words(move: _Move, before: Settings) -> str:
    """ "−2 dB at 3.5 kHz on guitars"."""
    name = move.parameter.name
    where = f"on {ROLE_LABELS[move.role].lower()}" if move.role else "on the whole mix"
    unit = f" {move.parameter.unit}" if move.parameter.unit else ""
    amount = f"{'+' if move.amount > 0 else '−'}{abs(move.amount):.3g}{unit}"
    if not name.endswith("_gain_db"):
        return f"{amount} {move.parameter.label.lower()} {where}"
    section = before.strips[0] if move.role else before.master
    return f"{amount} at {_hertz(section[name.replace('_gain_db', '_hz')])} {where}"


def _hertz(hz: float) -> str:
    return f"{hz / 1000:.2g} kHz" if hz >= 1000 else f"{hz:.0f} Hz"


def _effects(moved: NDArray[np.float32]) -> tuple[tuple[str, float], ...]:
    order = np.argsort(-np.abs(moved))[:3]
    return tuple(
        (DESCRIPTORS[k].more if moved[k] > 0 else DESCRIPTORS[k].less, float(moved[k]))
        for k in order
        if abs(moved[k]) >= 0.25
    )


def _sound_of(mix: Mix) -> "SongSound | None":
    row = StoredSound.objects.filter(
        song=mix.song_id,
        multitrack_sha256=mix.multitrack_sha256,
        encoder_sha256=mix.mixer.encoder_onnx_sha256,
        descriptor_version=DESCRIPTOR_VERSION,
    ).first()
    return None if row is None else load_sound(row)


def _p_better(taste: Taste, a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(p_better(taste, np.stack([a, b])[:, None], np.zeros(2))[0])


def _within(parameter: Parameter, value: float) -> float:
    return min(max(round(value, 4), parameter.minimum), parameter.maximum)


def _changed(old: dict[str, float], new: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in new.items() if value != old[name]}


def _merged(before: Change, changes: Change) -> Change:
    """Changes on top of changes; the later ones win."""
    merged = {**before, **{k: v for k, v in changes.items() if k != "strips"}}
    for section in ("reverb", "delay", "master"):
        if section in before and section in changes:
            merged[section] = {**before[section], **changes[section]}
    strips = {**before.get("strips", {})}
    for number, values in changes.get("strips", {}).items():
        strips[number] = {**strips.get(number, {}), **values}
    return {**merged, "strips": strips} if strips else merged
