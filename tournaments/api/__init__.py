"""Addresses of the tournaments' API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from tournaments.api.battles import BattleViewSet, VoteViewSet
from tournaments.api.boards import (
    GenresView,
    LeaderboardView,
    ListenerRecordView,
    MixerRecordView,
    RecordingView,
)
from tournaments.api.results import PublicAudioView, PublicResultView
from tournaments.api.tournaments import TournamentViewSet
from tournaments.api.vote_files import ExportView, ImportView

router = SimpleRouter()
router.register("tournaments", TournamentViewSet, "tournament")
router.register("battles", BattleViewSet, "battle")
router.register("votes", VoteViewSet, "vote")
urlpatterns = [
    path("tournaments/import/", ImportView.as_view(), name="tournament-import"),
    path(
        "tournaments/<uuid:tournament_id>/export/", ExportView.as_view(), name="tournament-export"
    ),
    *router.urls,
    path("leaderboard/", LeaderboardView.as_view(), name="leaderboard"),
    path("leaderboard/genres/", GenresView.as_view(), name="leaderboard-genres"),
    path("mixers/<uuid:mixer_id>/record/", MixerRecordView.as_view(), name="mixer-record"),
    path("listeners/me/", ListenerRecordView.as_view(), name="listener-record"),
    path("recordings/", RecordingView.as_view(), name="recording-list"),
    path("results/<str:token>/", PublicResultView.as_view(), name="result"),
    path("results/<str:token>/audio/", PublicAudioView.as_view(), name="result-audio"),
]
