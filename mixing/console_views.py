"""The console's page, the stems it plays, and what was mixed there."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from mixing import console_access, hand_mixing, selectors, stem_section
from mixing.audio import SAMPLE_RATE
from mixing.audio.parameters import Settings, table
from mixing.models import Mix, Song, Stem
from mixing.refusals import SongNotReady, SongWithoutStems

KEPT_S = 3600


@require_GET
@login_required
def console_page(request: HttpRequest, song_id: UUID) -> HttpResponse:
    """The song's console, standing as `?mix=` left it, else as the first ready mix, else flat."""
    song = get_object_or_404(console_access.songs(request.user), pk=song_id)
    console_access.check_open(song, request.user)
    stems = list(song.stems.ready())
    if not stems or not song.is_ready():
        raise SongNotReady if song.stems.exists() else SongWithoutStems
    context = {"song": song, "data": _console_data(request, song, stems)}
    return render(request, "songs/console.html", context)


@require_GET
@login_required
def console_stem(request: HttpRequest, song_id: UUID, stem_id: UUID) -> HttpResponse:
    """One stem's audio of the preview section: 16-bit FLAC. `?seconds=` asks for less of it."""
    song = get_object_or_404(console_access.songs(request.user), pk=song_id)
    stem = get_object_or_404(song.stems.ready(), pk=stem_id)
    audio = stem_section.flac_of(song, stem, _seconds(request.GET.get("seconds", "")))
    headers = {"Cache-Control": f"private, max-age={KEPT_S}"}
    return HttpResponse(audio, content_type="audio/flac", headers=headers)


@require_POST
@login_required
def hand_mix_remove(request: HttpRequest, hand_mix_id: UUID) -> HttpResponse:
    """No longer list it as this person's: JSON for scripts, the song's page for forms."""
    made = get_object_or_404(console_access.hand_mixes(request.user), pk=hand_mix_id)
    hand_mixing.remove_hand_mix(made)
    song = made.full.song_id
    if not request.accepts("text/html"):
        return JsonResponse({"song": str(song)})
    messages.success(request, f"“{made.name}” is removed.")
    return redirect("mixing:song", song)


def _seconds(text: str) -> float:
    return float(text) if text.isascii() and text.isdigit() else stem_section.LONGEST_S


def _console_data(request: HttpRequest, song: Song, stems: list[Stem]) -> dict[str, Any]:
    """All that the page's script needs, as JSON."""
    start, stop = stem_section.section_of(song)
    starts = _starts(request, song, stems)
    begun = _begun_with(request, starts, len(stems))
    return {
        "song": {"id": str(song.pk), "title": song.title},
        "section": {"position": start, "seconds": (stop - start) / SAMPLE_RATE},
        "table": table(),
        "strips": [_strip(song, stem) for stem in stems],
        "starts": [
            {"mix": str(mix.pk), "mixer": str(mix.mixer_id), "name": name} for mix, name in starts
        ],
        "start": begun,
        "flat": Settings.default(len(stems)).to_json(),
        "urls": {
            "presets": reverse("preset-list"),
            "hand_mixes": reverse("hand-mix-list"),
            "mixes": reverse("mix-list"),
            "song": reverse("mixing:song", args=[song.pk]),
        },
    }


def _strip(song: Song, stem: Stem) -> dict[str, Any]:
    return {
        "id": str(stem.pk),
        "name": stem.name,
        "role": stem.role,
        "role_label": stem.get_role_display(),
        "channels": stem.channels,
        "gain_db": stem_section.restoring_gain_db(stem),
        "url": reverse("mixing:console-stem", args=[song.pk, stem.pk]),
    }


def _starts(request: HttpRequest, song: Song, stems: list[Stem]) -> list[tuple[Mix, str]]:
    """The mixes one may begin with and what they are called: each mixer's, then one's own."""
    known = selectors.current_mixes(song, stems).known_to(request.user)
    ready = {mix.mixer_id: mix for mix in known if mix.is_ready()}
    mixed = [
        (ready[mixer.pk], mixer.name)
        for mixer in selectors.listed_mixers(request.user)
        if mixer.pk in ready
    ]
    keys = {mix.multitrack_sha256 for mix, _ in mixed}
    own = [
        (mix, one.name)
        for one in console_access.hand_mixes(request.user).filter(full__song=song)
        for mix in (one.full if one.full.is_ready() else one.preview,)
        if mix.is_ready() and (not keys or mix.multitrack_sha256 in keys)
    ]
    return mixed + own


def _begun_with(request: HttpRequest, starts: list[tuple[Mix, str]], strips: int) -> dict[str, Any]:
    """Name, mixer and settings of the mix asked for, else of the first one, else flat."""
    asked = request.GET.get("mix", "")
    chosen = [one for one in starts if str(one[0].pk) == asked] or starts[:1]
    for mix, name in chosen:
        settings = Settings.from_json(mix.settings)
        if len(settings.strips) == strips:
            return {
                "mix": str(mix.pk),
                "mixer": str(mix.mixer_id),
                "name": name,
                "settings": settings.to_json(),
            }
    flat = Settings.default(strips).to_json()
    return {"mix": None, "mixer": None, "name": "Flat", "settings": flat}
