"""Leaderboards, a mixer's page, and a listener's own page."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from mixing.console_drawing import draw_consoles
from tournaments import selectors
from tournaments.drawing import boards
from tournaments.drawing.history import draw_history
from tournaments.models import Vote
from tournaments.typical import mixers_known_to, typical_console
from tournaments.views.requests import person_of


@require_GET
def leaderboard(request: HttpRequest) -> HttpResponse:
    """All music or one genre, by all votes or by those given with headphones or speakers."""
    genres = selectors.genres()
    genre, device = request.GET.get("genre", ""), request.GET.get("device", "")
    genre = genre if genre in genres else ""
    device = device if device in Vote.Device.values else ""
    board = selectors.leaderboard(genre=genre, device=device)
    # Days are kept of all votes: beside a part of them they would tell another story.
    shown = [] if device else [row.mixer for row in board.rows]
    lines, zero = boards.board_lines(board.rows, selectors.history(shown, genre=genre))
    context = {
        "genres": genres,
        "genre": genre,
        "devices": Vote.Device.choices,
        "device": device,
        "board": board,
        "rows": lines,
        "zero": zero,
    }
    return render(request, "tournaments/leaderboard.html", context)


@require_GET
def mixer(request: HttpRequest, mixer_id: UUID) -> HttpResponse:
    """How a mixer does, where, and how it sounds. A personal one is its owner's alone."""
    found = get_object_or_404(mixers_known_to(request.user), pk=mixer_id)
    record = selectors.mixer_record(found, request.user)
    typical = typical_console(found)
    moments = boards.moments(record.history)
    context = {
        "mixer": found,
        "figures": boards.mixer_figures(record),
        "history": draw_history(moments),
        "moments": moments,
        "song_lists": [
            ("Best songs", [boards.song_line(song) for song in record.best_songs]),
            ("Hardest songs", [boards.song_line(song) for song in record.worst_songs]),
        ],
        "has_songs": bool(record.best_songs or record.worst_songs),
        "mixes": record.champion_mixes,
        "console": draw_consoles([typical.settings], typical.strips) if typical else None,
        "console_mixes": typical.mixes if typical else 0,
    }
    return render(request, "tournaments/mixer.html", context)


@require_GET
@login_required
def listener(request: HttpRequest) -> HttpResponse:
    """What this person did for the music; nobody else sees it."""
    record = selectors.listener_record(person_of(request))
    context = {"figures": boards.listener_figures(record), "titles": record.titles}
    return render(request, "tournaments/listener.html", context)
