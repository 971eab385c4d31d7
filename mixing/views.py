"""Pages of songs, stems, mixes and mixers: parse, ask permission, call one service, show.

Every page works as plain HTML. Scripts post to the same addresses with `Accept: application/json`
and get JSON; partials (`_stems.html`, `_mixes.html`) are fetched again when the song changes.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from mixing import (
    access,
    console_access,
    downloads,
    hand_mixing,
    library,
    selectors,
    services,
    training_consent,
)
from mixing.audio.decoding import Limits
from mixing.audio.parameters import Settings
from mixing.audio.roles import ROLE_LABELS
from mixing.console_drawing import draw_consoles
from mixing.forms import ExportForm, RoleForm, SongForm, TrainingForm
from mixing.identity import multitrack_sha256
from mixing.measurement_drawing import draw_measurements
from mixing.models import Export, Mix, Song
from mixing.selectors import MAX_STEMS

RECENT_SONGS = 3
SHOWN_MATCHES = 5


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    user = request.user
    demo = selectors.demo_songs().first()
    return render(
        request,
        "home.html",
        {
            "demo": demo,
            "duel": _duel(demo),
            "mixers": selectors.listed_mixers(),
            "songs": _recent_songs(user) if isinstance(user, User) else [],
        },
    )


@require_GET
def mixers(request: HttpRequest) -> HttpResponse:
    return render(request, "songs/mixers.html", {"mixers": selectors.listed_mixers(request.user)})


@require_GET
@login_required
def song_list(request: HttpRequest) -> HttpResponse:
    page = library.page_of(selectors.songs_of(_person(request)), request.GET.get("page"))
    demos = library.page_of(selectors.demo_songs())
    return render(
        request, "songs/list.html", {"page": page, "songs": page.object_list, "demos": demos}
    )


@require_http_methods(["GET", "POST"])
@login_required
def song_new(request: HttpRequest) -> HttpResponse:
    """A drop zone; the script makes the song with the first files. The form makes an empty one."""
    form = SongForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        song = services.create_song(owner=_person(request), **form.cleaned_data)
        return redirect("mixing:song", song.pk)
    return render(request, "songs/new.html", {"form": form, "limits": _upload_limits()})


@require_GET
def song_page(request: HttpRequest, song_id: UUID) -> HttpResponse:
    song = get_object_or_404(access.songs(request.user), pk=song_id)
    context = _song_context(request, song)
    return render(request, "songs/detail.html", context | {"limits": _upload_limits()})


@require_GET
def song_stems(request: HttpRequest, song_id: UUID) -> HttpResponse:
    song = get_object_or_404(access.songs(request.user), pk=song_id)
    return render(request, "songs/_stems.html", _song_context(request, song))


@require_GET
def song_mixes(request: HttpRequest, song_id: UUID) -> HttpResponse:
    song = get_object_or_404(access.songs(request.user), pk=song_id)
    return render(request, "songs/_mixes.html", _song_context(request, song))


@require_POST
@login_required
def song_mix(request: HttpRequest, song_id: UUID) -> HttpResponse:
    """Mix it: a preview and a full mix by every listed mixer."""
    song = get_object_or_404(access.songs(request.user), pk=song_id)
    services.request_mixes(song=song, by=_person(request))
    return _done(request, song)


@require_POST
@login_required
def song_details(request: HttpRequest, song_id: UUID) -> HttpResponse:
    song = get_object_or_404(access.own_songs(request.user), pk=song_id)
    form = SongForm(request.POST)
    if not form.is_valid():
        return _invalid(request, form, song)
    services.rename_song(song=song, **form.cleaned_data)
    return _done(request, song, "Saved.")


@require_POST
@login_required
def song_training(request: HttpRequest, song_id: UUID) -> HttpResponse:
    """The owner lets mixers learn from the song, or no more."""
    song = get_object_or_404(access.own_songs(request.user), pk=song_id)
    form = TrainingForm(request.POST)
    if not form.is_valid():
        return _invalid(request, form, song)
    agreed = form.cleaned_data["agreed"]
    training_consent.settle(song=song, agreed=agreed)
    said = {
        True: "Thank you. Mixers may learn from this song.",
        False: "From now on mixers leave it out.",
    }
    return _done(request, song, said[agreed])


@require_http_methods(["GET", "POST"])
@login_required
def song_delete(request: HttpRequest, song_id: UUID) -> HttpResponse:
    song = get_object_or_404(access.own_songs(request.user), pk=song_id)
    if request.method == "GET":
        return render(request, "songs/delete.html", {"song": song})
    title = song.title
    services.delete_song(song)
    messages.success(request, f"“{title}” is deleted, with its stems and mixes.")
    return redirect("mixing:song-list")


@require_POST
@login_required
def stem_role(request: HttpRequest, stem_id: UUID) -> HttpResponse:
    stem = get_object_or_404(access.own_stems(request.user), pk=stem_id)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _invalid(request, form, stem.song)
    services.set_role(stem=stem, role=form.cleaned_data["role"])
    return _done(request, stem.song, "Saved.")


@require_POST
@login_required
def stem_remove(request: HttpRequest, stem_id: UUID) -> HttpResponse:
    stem = get_object_or_404(access.own_stems(request.user), pk=stem_id)
    services.remove_stem(stem)
    return _done(request, stem.song, f"“{stem.name}” is removed.")


@require_POST
@login_required
def upload_dismiss(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Stop unpacking an archive, or forget one that failed."""
    upload = get_object_or_404(access.own_uploads(request.user), pk=upload_id)
    services.cancel_upload(upload)
    return _done(request, upload.song)


@require_POST
@login_required
def mix_retry(request: HttpRequest, mix_id: UUID) -> HttpResponse:
    mix = get_object_or_404(access.own_mixes(request.user), pk=mix_id)
    services.retry_mix(mix)
    return _done(request, mix.song)


@require_POST
@login_required
def mix_cancel(request: HttpRequest, mix_id: UUID) -> HttpResponse:
    mix = get_object_or_404(access.own_mixes(request.user), pk=mix_id)
    services.cancel_mix(mix)
    return _done(request, mix.song)


@require_GET
def mix_settings(request: HttpRequest, mix_id: UUID) -> HttpResponse:
    """What the mixer did to every stem, and what was measured on its mix, drawn."""
    mix = get_object_or_404(access.mixes(request.user), pk=mix_id)
    access.check_audible(mix, request.user)
    settings = Settings.from_json(mix.settings)
    labels = _strip_labels(mix, len(settings.strips))
    context = {
        "mix": mix,
        "console": draw_consoles([settings], labels),
        "measured": draw_measurements(mix.measurements or {}, [name for name, _ in labels]),
        "matches": access.reference_matches(request.user).filter(mix=mix)[:SHOWN_MATCHES],
        "may_match": mix.song.is_mixable_by(request.user) and request.user.is_authenticated,
    }
    return render(request, "songs/mix_settings.html", context)


@require_POST
def mix_export(request: HttpRequest, mix_id: UUID) -> HttpResponse:
    mix = get_object_or_404(access.mixes(request.user), pk=mix_id)
    access.check_audible(mix, request.user)
    form = ExportForm(request.POST)
    if not form.is_valid():
        return _invalid(request, form, mix.song)
    kind = form.cleaned_data["kind"]
    access.check_takeable(mix, kind, request.user)
    export = services.request_export(mix=mix, kind=kind)
    if _wants_json(request):
        return JsonResponse(_export_json(export))
    return redirect("mixing:export", export.pk)


@require_GET
def export_page(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Where a file stands that is being made; the page asks again by itself until it is there."""
    export = get_object_or_404(access.exports(request.user), pk=export_id)
    access.check_audible(export.mix, request.user)
    if _wants_json(request):
        return JsonResponse(_export_json(export))
    return render(request, "songs/export.html", {"export": export})


def _person(request: HttpRequest) -> User:
    """Who is logged in (a guest is): only for views that require it."""
    assert isinstance(request.user, User)
    return request.user


def _recent_songs(user: User) -> list[Song]:
    return list(library.page_of(selectors.songs_of(user), size=RECENT_SONGS))


def _duel(demo: Song | None) -> list[list[int]]:
    """The outlines of two previews of the demo song, without names; empty until two are made."""
    board = selectors.mix_board(demo, None) if demo else []
    outlines = [card.preview.peaks for card in board if card.preview and card.preview.peaks]
    return outlines[:2] if len(outlines) > 1 else []


def _song_context(request: HttpRequest, song: Song) -> dict[str, Any]:
    detail = selectors.song_detail(song, request.user)
    under_way = [card for card in detail.board if card.current]
    return {
        "song": song,
        "detail": detail,
        "started": len(under_way),
        "finished": sum(card.full is not None and card.full.is_ready() for card in under_way),
        "arriving": sum(not upload.is_complete() for upload in detail.uploads),
        "roles": ROLE_LABELS.items(),
        "exports": downloads.kinds_for(song, request.user),
        "unmakeable": downloads.unmakeable(),
        "hand_mixes": hand_mixing.cards(song, request.user),
        "may_use_console": console_access.may_use(song, request.user),
    }


def _strip_labels(mix: Mix, count: int) -> list[tuple[str, str]]:
    """Name and role of each strip; numbers if the song has other stems by now."""
    stems = [stem for stem in mix.song.stems.all() if stem.is_ready()]
    if mix.multitrack_sha256 == multitrack_sha256(stems):
        return [(stem.name, stem.get_role_display()) for stem in stems]
    return [(f"Stem {number}", "") for number in range(1, count + 1)]


def _upload_limits() -> dict[str, int]:
    return {
        "stems": MAX_STEMS,
        "bytes": Limits().max_bytes,
        "seconds": int(Limits().max_seconds),
    }


def _wants_json(request: HttpRequest) -> bool:
    return not request.accepts("text/html")


def _done(request: HttpRequest, song: Song, said: str = "") -> HttpResponse:
    """An action is done: JSON for scripts, the song's page (and a sentence) for forms."""
    if _wants_json(request):
        return JsonResponse({"song": str(song.pk)})
    if said:
        messages.success(request, said)
    return redirect("mixing:song", song.pk)


def _invalid(request: HttpRequest, form: Any, song: Song) -> HttpResponse:
    sentence = " ".join(error for errors in form.errors.values() for error in errors)
    if _wants_json(request):
        body = {"code": "invalid", "message": sentence, "errors": form.errors}
        return JsonResponse(body, status=400)
    messages.error(request, sentence)
    return redirect("mixing:song", song.pk)


def _export_json(export: Export) -> dict[str, Any]:
    return {
        "state": export.state,
        "percent": round(100 * export.progress),
        "message": export.error_message or "The file could not be made. Please try again.",
        "url": reverse("mixing:export", args=[export.pk]),
        "file_url": reverse("export-file", args=[export.pk]) if export.is_ready() else "",
    }
