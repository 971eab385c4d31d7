"""Addresses of the tournaments pages."""

from django.urls import path

from tournaments.views import battles, results, tournaments

app_name = "tournaments"
urlpatterns = [
    path("try/", tournaments.try_it, name="try"),
    path("tournaments/", tournaments.tournament_list, name="list"),
    path("songs/<uuid:song_id>/tournament/", tournaments.start, name="start"),
    path("tournaments/<uuid:tournament_id>/", tournaments.detail, name="detail"),
    path("tournaments/<uuid:tournament_id>/undo/", battles.undo, name="undo"),
    path("tournaments/<uuid:tournament_id>/finish/", tournaments.finish, name="finish"),
    path("tournaments/<uuid:tournament_id>/share/", results.share, name="share"),
    path("tournaments/<uuid:tournament_id>/result/", results.result, name="result"),
    path("battles/<uuid:battle_id>/", battles.battle, name="battle"),
    path("battles/<uuid:battle_id>/audio/<slug:side>/", battles.clip, name="clip"),
    path("battles/<uuid:battle_id>/listening/", battles.listening, name="listening"),
    path("battles/<uuid:battle_id>/vote/", battles.vote, name="vote"),
    path("r/<str:token>/", results.public, name="public"),
    path("r/<str:token>/audio/", results.public_audio, name="public-audio"),
]
