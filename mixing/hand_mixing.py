"""Mixes by hand: what somebody set at the console, rendered like every mix, kept under a name."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts.models import User
from mixing import blindness, console_access, live, orders, selectors
from mixing.audio.parameters import Settings, SettingsInvalid
from mixing.lines import one_line
from mixing.models import HandMix, Mix, Mixer, Song
from mixing.overrides import Overrides
from mixing.refusals import NoMixers

LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class HandMixCard:
    """A hand mix on the song's page."""

    hand_mix: HandMix
    queue_position: int | None
    # Blind: its sound would tell it from the mixers' by elimination.
    hidden: bool

    @property
    def current(self) -> Mix:
        """What is under way: the preview until it is ready, then the whole song."""
        return _current(self.hand_mix)

    @property
    def percent(self) -> float:
        return round(100 * self.current.progress, 1)

    @property
    def audible(self) -> Mix | None:
        if self.hidden:
            return None
        both = (self.hand_mix.full, self.hand_mix.preview)
        return next((mix for mix in both if mix.is_ready()), None)


@transaction.atomic
def request_hand_mix(
    *, song: Song, by: User, settings: object, mixer: Mixer | None = None, name: str = ""
) -> HandMix:
    """A preview and a full mix with exactly these settings, kept as this person's.

    `mixer` is whose mix they began with (any listed one otherwise): where a knob stands as the
    mixer left it, nothing is stored. The same settings again give the same mixes and, if one is
    given, the new name.

    Raises SettingsInvalid, NoMixers, and what `orders.request_mixes` refuses.
    """
    wanted = Settings.from_json(settings)
    _check_strips(song, wanted)
    base = mixer or selectors.listed_mixers(by).first()
    if base is None:
        raise NoMixers
    changes = _changes(song, base, wanted)
    preview, full = (
        orders.request_adjusted_mix(song=song, by=by, mixer=base, changes=changes, section=section)
        for section in (Mix.Section.PREVIEW, Mix.Section.FULL)
    )
    given = one_line(name, LONGEST_NAME)
    hand_mix, is_new = HandMix.objects.get_or_create(
        owner=by, full=full, defaults={"preview": preview, "name": given or _next_name(song, by)}
    )
    if not is_new and given:
        hand_mix = rename_hand_mix(hand_mix=hand_mix, name=given)
    return hand_mix


def rename_hand_mix(*, hand_mix: HandMix, name: str) -> HandMix:
    """An empty name keeps the old one."""
    hand_mix.name = one_line(name, LONGEST_NAME) or hand_mix.name
    hand_mix.save(update_fields=["name"])
    live.announce_song(hand_mix.full.song)
    return hand_mix


def remove_hand_mix(hand_mix: HandMix) -> None:
    """It is no longer listed as this person's; the mix itself may be somebody else's too."""
    song = hand_mix.full.song
    hand_mix.delete()
    live.announce_song(song)


def cards(song: Song, viewer: object) -> list[HandMixCard]:
    """The person's hand mixes of the song, the newest first."""
    mine = list(console_access.hand_mixes(viewer).filter(full__song=song))
    if not mine:
        return []
    line = selectors.queue([mix for one in mine for mix in (one.preview, one.full)])
    hidden = blindness.is_blind(viewer, song)
    return [HandMixCard(one, line.position(_current(one)), hidden) for one in mine]


def _current(hand_mix: HandMix) -> Mix:
    return hand_mix.full if hand_mix.preview.is_ready() else hand_mix.preview


def _check_strips(song: Song, wanted: Settings) -> None:
    """A song without ready stems is refused later, for a better reason."""
    count = song.stems.ready().count()
    if count and count != len(wanted.strips):
        raise SettingsInvalid(f"{count} stems need as many strips, not {len(wanted.strips)}.")


def _changes(song: Song, mixer: Mixer, wanted: Settings) -> Overrides:
    """What differs from the mixer's own settings; all of it where those are not known."""
    known = (
        selectors.current_mixes(song)
        .filter(mixer=mixer, settings__isnull=False)
        .values_list("settings", flat=True)
        .first()
    )
    whole = wanted.to_json()
    own = _own_settings(known, len(wanted.strips))
    strips = {
        str(number): _differing(values, own["strips"][number] if own else {})
        for number, values in enumerate(whole["strips"])
    }
    changes: Overrides = {"strips": {n: values for n, values in strips.items() if values}}
    for section in ("reverb", "delay", "master"):
        changes[section] = _differing(whole[section], own[section] if own else {})
    return {section: values for section, values in changes.items() if values}


def _own_settings(known: object, strips: int) -> dict[str, Any] | None:
    try:
        own = Settings.from_json(known)
    except SettingsInvalid:  # Not mixed yet, or by a table that is no more.
        return None
    return own.to_json() if len(own.strips) == strips else None


def _differing(values: dict[str, float], base: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in values.items() if base.get(name) != value}


def _next_name(song: Song, by: User) -> str:
    count = console_access.hand_mixes(by).filter(full__song=song).count()
    return f"My mix {count + 1}"
