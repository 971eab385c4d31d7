"""Battles as their listeners may see them: blind before the vote, named after it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import User
from mixing.jobs import JobState
from mixing.models import Mix, Mixer, Song, Stem
from tournaments.listening import floor_s
from tournaments.models import Battle, Entry, Listening, Tournament, Vote
from tournaments.outline import kept_outline
from tournaments.prepared import Prepared
from tournaments.progress import undoable_vote
from tournaments.refusals import NotDecided


@dataclass(frozen=True, slots=True)
class BlindBattle:
    """All of a battle that may reach a browser before the vote. It cannot name a mixer."""

    id: UUID
    tournament_id: UUID
    state: str
    number: int
    of: int
    duration_s: float
    need_s: float
    heard_a_s: float
    heard_b_s: float
    region: tuple[float, float] | None
    peaks: tuple[int, ...]

    @property
    def may_vote(self) -> bool:
        return self.state == Battle.State.OPEN and self.still_a_s == 0 and self.still_b_s == 0

    @property
    def still_a_s(self) -> float:
        """Seconds of A still to hear before a vote."""
        return max(0.0, self.need_s - self.heard_a_s)

    @property
    def still_b_s(self) -> float:
        return max(0.0, self.need_s - self.heard_b_s)


@dataclass(frozen=True, slots=True)
class RevealedSide:
    """Who was behind a side. A person's mix and an anchor have no mixer, preview or settings."""

    side: str
    entry: Entry
    preview: Mix | None
    settings: dict[str, Any]
    chosen: bool

    @property
    def entry_id(self) -> UUID:
        return self.entry.pk

    @property
    def mixer(self) -> Mixer | None:
        return self.entry.mixer

    @property
    def name(self) -> str:
        return self.entry.name


@dataclass(frozen=True, slots=True)
class Reveal:
    """Who was behind the sides of a decided battle."""

    battle_id: UUID
    tournament_id: UUID
    number: int
    of: int
    choice: str
    a: RevealedSide
    b: RevealedSide
    strips: tuple[str, ...]
    """Names of the stems, in the order of the settings' strips."""
    heard_a_s: float
    heard_b_s: float
    switches: int
    chips: tuple[str, ...]
    cast_at: datetime
    counted: bool
    why_not_counted: str
    may_undo: bool
    tournament_closed: bool


def battles_of(user: object) -> QuerySet[Battle]:
    """Battles this person is the listener of, with what clips and reveals need."""
    return Battle.objects.filter(whose("listener", user)).select_related(
        "tournament__song",
        "song",
        "listening",
        "side_a__mixer",
        "side_b__mixer",
        *(f"mix_{side}__{sound}" for side in "ab" for sound in ("preview", "recording")),
    )


def own_battle(battle_id: UUID, listener: User) -> Battle | None:
    """The same without what clips and reveals need: for what happens often."""
    return _OWN.first(battle_id, listener.pk)


def open_battle(tournament: Tournament, listener: User) -> Battle | None:
    """The battle this listener has not decided yet, with its sounds."""
    battle = _OPEN.first(tournament.pk, listener.pk)
    if battle is not None:
        battle.tournament = tournament
    return battle


def battle_in_turn(battle_id: UUID, tournament: Tournament) -> Battle:
    """The battle as it is now, with all that a vote must know. Raises Battle.DoesNotExist."""
    battle = _IN_TURN.first(battle_id)
    if battle is None:
        raise Battle.DoesNotExist
    battle.tournament = tournament
    return battle


def judged_blind(viewer: User, songs: Collection[UUID]) -> set[UUID]:
    """Those of the songs that this person has an open battle on: their mixes stay nameless."""
    open_battles = Battle.objects.filter(
        listener=viewer,
        state=Battle.State.OPEN,
        song__in=songs,
        tournament__state=Tournament.State.OPEN,
    )
    return set(open_battles.values_list("song", flat=True))


def blind_battle(battle: Battle, *, with_picture: bool = True) -> BlindBattle:
    """The battle as its listener may see it before the vote; the picture costs a query."""
    heard = battle.listening
    return BlindBattle(
        id=battle.pk,
        tournament_id=battle.tournament_id,
        state=battle.state,
        number=place_in_session(battle),
        of=battle.tournament.battle_budget,
        duration_s=battle.duration_s,
        need_s=floor_s(battle.duration_s),
        heard_a_s=heard.heard_a_ms / 1000,
        heard_b_s=heard.heard_b_ms / 1000,
        region=_region(heard),
        peaks=kept_outline(battle) if with_picture else (),
    )


def reveal(battle: Battle) -> Reveal:
    """Who was behind the sides. Raises NotDecided before the vote."""
    vote = Vote.objects.standing().filter(battle=battle, listener=battle.listener_id).first()
    if battle.state != Battle.State.DECIDED or vote is None:
        raise NotDecided
    tournament = battle.tournament
    undoable = undoable_vote(tournament, battle.listener)
    return Reveal(
        battle_id=battle.pk,
        tournament_id=tournament.pk,
        number=place_in_session(battle),
        of=tournament.battle_budget,
        choice=vote.choice,
        a=_revealed("a", battle, vote.choice),
        b=_revealed("b", battle, vote.choice),
        strips=tuple(_ready_stems(battle.song).values_list("name", flat=True)),
        heard_a_s=vote.heard_a_s,
        heard_b_s=vote.heard_b_s,
        switches=vote.switches,
        chips=tuple(vote.chips),
        cast_at=vote.created_at,
        counted=vote.counted,
        why_not_counted=vote.why_not_counted,
        may_undo=undoable is not None and undoable.pk == vote.pk,
        tournament_closed=not tournament.is_open(),
    )


def place_in_session(battle: Battle) -> int:
    """The battle's number within its listener's session, from 1."""
    return (battle.number - 1) % battle.tournament.battle_budget + 1


def whose(field: str, user: object) -> Q:
    """Whose rows: somebody who is not logged in has none (guests are logged in)."""
    return Q(**{field: user}) if isinstance(user, User) else Q(pk__in=())


def _ready_stems(song: Song) -> QuerySet[Stem]:
    """A stem that failed has no strip."""
    return song.stems.filter(state=JobState.READY)


def _revealed(side: str, battle: Battle, choice: str) -> RevealedSide:
    entry = battle.side_a if side == "a" else battle.side_b
    mix = battle.mix_a if side == "a" else battle.mix_b
    preview = mix.preview if mix is not None else None
    return RevealedSide(
        side=side,
        entry=entry,
        preview=preview,
        settings=preview.settings or {} if preview is not None else {},
        chosen=choice == side,
    )


def _region(heard: Listening) -> tuple[float, float] | None:
    if heard.region_start_s is None or heard.region_stop_s is None:
        return None
    return heard.region_start_s, heard.region_stop_s


_SOUND: Final = ("state", "lufs", "frames", "true_peak_dbtp")
_RECORDED: Final = ("audio_file", "failed", "lufs", "frames", "true_peak_dbtp")


def _with_sounds(battles: QuerySet[Battle], *more: str) -> QuerySet[Battle]:
    """With as much of both sides as says whether they can be heard; `more` columns to bring."""
    sides = [f"mix_{side}" for side in "ab"]
    columns = [field.attname for field in Battle._meta.concrete_fields]
    for side in sides:
        columns += [f"{side}__{fk}" for fk in ("entry", "song", "preview", "full", "recording")]
        columns += [f"{side}__preview__{column}" for column in _SOUND]
        columns += [f"{side}__recording__{column}" for column in _RECORDED]
    sounds = [f"{side}__{sound}" for side in sides for sound in ("preview", "recording")]
    related = {name.rpartition("__")[0] for name in more}
    return battles.select_related(*sounds, *sorted(related)).only(*columns, *more)


_OWN: Final = Prepared(
    lambda battle, listener: Battle.objects.filter(pk=battle, listener=listener).select_related(
        "tournament"
    ),
    UUID,
    UUID,
)
_OPEN: Final = Prepared(
    lambda tournament, listener: _with_sounds(
        Battle.objects.filter(tournament=tournament, listener=listener, state=Battle.State.OPEN),
        *(f"listening__{field.attname}" for field in Listening._meta.concrete_fields),
    ),
    UUID,
    UUID,
)
# Whose work each side is, besides: nobody votes for their own.
_IN_TURN: Final = Prepared(
    lambda battle: _with_sounds(
        Battle.objects.filter(pk=battle),
        *(f"side_{side}__{column}" for side in "ab" for column in ("owner", "mixer__owner")),
    ),
    UUID,
)
