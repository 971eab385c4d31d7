"""Setting up a tournament: a page on which everything is chosen already."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from accounts.refusals import Refusal
from mixing import selectors as mixing_selectors
from mixing.models import Mixer, Song
from tournaments import services
from tournaments.drawing.choices import FormatChoice, format_choices
from tournaments.forms import STOPS, TournamentForm
from tournaments.founding import USUAL_VOTES_PER_MATCH
from tournaments.models import Tournament
from tournaments.services import HumanMix, Plan
from tournaments.views.requests import person_of

MOST_LISTED: Final = 60
_USUAL_STOP: Final = 0.95
_HINTS: Final = {
    Tournament.Voters.OWNER: "you, on as many devices as you like",
    Tournament.Voters.LINK: "friends, a class, a band: no account needed",
    Tournament.Voters.EVERYBODY: "anybody who visits this server",
}


@require_http_methods(["GET", "POST"])
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """The form with its defaults; a POST starts the tournament."""
    person = person_of(request)
    songs, mixers = _songs(person), list(mixing_selectors.listed_mixers(person))
    if request.method != "POST":
        form = _form(None, songs, mixers, initial=_defaults(request, songs, mixers))
        return _page(request, form, songs, mixers)
    form = _form(request, songs, mixers)
    if not form.is_valid():
        return _page(request, form, songs, mixers, status=422)
    try:
        tournament = _create(person, form)
    except Refusal as refused:
        return _page(request, form, songs, mixers, refusal=refused.message, status=refused.status)
    return redirect("tournaments:watch", tournament.pk)


@require_GET
@login_required
def formats(request: HttpRequest) -> HttpResponse:
    """The list of formats again, with the votes each needs for what is chosen now."""
    found = _choices(
        chosen=request.GET.get("format", ""),
        entries=len(request.GET.getlist("mixers")) + bool(request.GET.get("human_mix")),
        songs=len(request.GET.getlist("songs")),
        votes_per_match=_number(request.GET.get("votes_per_match"), 0),
        budget=_number(request.GET.get("vote_budget"), 0),
        alone=request.GET.get("voters") == Tournament.Voters.OWNER,
    )
    return render(request, "tournaments/_formats.html", {"formats": found})


def _create(person: User, form: TournamentForm) -> Tournament:
    values = form.cleaned_data
    songs: list[Song] = values["songs"]
    humans: list[HumanMix] = []
    if values["human_mix"]:
        file = values["human_mix"]
        recording = services.bring_human_mix(owner=person, song=songs[0], file=file)
        humans.append(HumanMix(Path(file.name).stem[:80], (recording,)))
    plan = Plan(
        format=values["format"],
        title=values["title"],
        voters=values["voters"],
        battle_budget=values["battle_budget"],
        votes_per_match=values["votes_per_match"],
        vote_budget=values["vote_budget"],
        ends_at=values["ends_at"],
        stop_at=values["stop_at"],
        hidden_checks=values["hidden_checks"],
    )
    return services.create_tournament(
        owner=person,
        songs=songs,
        plan=plan,
        mixers=values["mixers"],
        human_mixes=humans,
        anchors_too=values["anchor"],
    )


def _form(
    request: HttpRequest | None,
    songs: Sequence[Song],
    mixers: Sequence[Mixer],
    initial: dict[str, Any] | None = None,
) -> TournamentForm:
    sent = () if request is None else (request.POST, request.FILES)
    return TournamentForm(*sent, songs=songs, mixers=mixers, initial=initial)


def _songs(person: User) -> list[Song]:
    """What this person may mix, their own first."""
    own = [song for song in mixing_selectors.songs_of(person)[:MOST_LISTED] if song.is_ready()]
    return own + list(mixing_selectors.demo_songs()[:MOST_LISTED])


def _defaults(
    request: HttpRequest, songs: Sequence[Song], mixers: Sequence[Mixer]
) -> dict[str, Any]:
    person = person_of(request)
    asked = request.GET.getlist("song")
    picked = [song.pk for song in songs if str(song.pk) in asked] or [s.pk for s in songs[:1]]
    wanted = request.GET.get("format")
    voters = Tournament.Voters.OWNER if person.is_guest else Tournament.Voters.LINK
    return {
        "songs": picked,
        "mixers": [mixer.pk for mixer in mixers],
        "format": wanted if wanted in Tournament.Format.values else Tournament.Format.ARENA,
        "voters": voters,
        "stop_at": _USUAL_STOP,
        "hidden_checks": True,
    }


def _page(
    request: HttpRequest,
    form: TournamentForm,
    songs: Sequence[Song],
    mixers: Sequence[Mixer],
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    picked = form.picked()
    voters = form["voters"].value()
    context = {
        "form": form,
        "songs": songs,
        "mixers": mixers,
        "picked": picked,
        "refusal": refusal,
        "stops": STOPS,
        "voters": [(value, label, _HINTS[value]) for value, label in _voters(person_of(request))],
        "formats": _choices(
            chosen=str(form["format"].value() or ""),
            entries=len(picked["mixers"]),
            songs=len(picked["songs"]),
            votes_per_match=_number(form["votes_per_match"].value(), 0),
            budget=_number(form["vote_budget"].value(), 0),
            alone=voters == Tournament.Voters.OWNER,
        ),
    }
    return render(request, "tournaments/new.html", context, status=status)


def _voters(person: User) -> list[tuple[Tournament.Voters, str]]:
    """A guest's tournament is theirs alone: an invitation needs somebody behind it."""
    known = [(Tournament.Voters(value), label) for value, label in Tournament.Voters.choices]
    return known[:1] if person.is_guest else known


def _choices(
    *, chosen: str, entries: int, songs: int, votes_per_match: int, budget: int, alone: bool
) -> list[FormatChoice]:
    usual = 1 if alone else USUAL_VOTES_PER_MATCH
    return format_choices(
        Tournament.Format.choices,
        chosen=chosen,
        entries=entries,
        songs=songs,
        votes_per_match=votes_per_match or usual,
        budget=budget,
    )


def _number(text: object, otherwise: int) -> int:
    try:
        return int(str(text))
    except ValueError:
        return otherwise
