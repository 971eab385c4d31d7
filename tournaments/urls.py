"""Addresses of the tournaments pages."""

from django.urls import path

from tournaments.views import (
    battles,
    boards,
    cards,
    checks,
    creating,
    results,
    sharing,
    tournaments,
    watching,
)

app_name = "tournaments"
urlpatterns = [
    path("try/", tournaments.try_it, name="try"),
    path("join/<str:token>/", watching.join, name="join"),
    path("sound-check/", checks.sound_check, name="sound-check"),
    path("songs/<uuid:song_id>/tournament/", tournaments.start, name="start"),
    path("tournaments/", tournaments.tournament_list, name="list"),
    path("tournaments/new/", creating.new, name="new"),
    path("tournaments/new/formats/", creating.formats, name="formats"),
    path("tournaments/<uuid:tournament_id>/", tournaments.detail, name="detail"),
    path("tournaments/<uuid:tournament_id>/enter/", tournaments.enter, name="enter"),
    path("tournaments/<uuid:tournament_id>/watch/", watching.watch, name="watch"),
    path("tournaments/<uuid:tournament_id>/votes/<int:a>/<int:b>/", watching.votes, name="votes"),
    path("tournaments/<uuid:tournament_id>/card/", cards.card, name="card"),
    path("tournaments/<uuid:tournament_id>/export/<slug:kind>/", sharing.export, name="export"),
    path("tournaments/<uuid:tournament_id>/undo/", battles.undo, name="undo"),
    path("tournaments/<uuid:tournament_id>/finish/", tournaments.finish, name="finish"),
    path("tournaments/<uuid:tournament_id>/result/", results.result, name="result"),
    path("tournaments/<uuid:tournament_id>/share/", sharing.share, name="share"),
    path("battles/<uuid:battle_id>/", battles.battle, name="battle"),
    path("battles/<uuid:battle_id>/audio/<slug:side>/", battles.clip, name="clip"),
    path("battles/<uuid:battle_id>/listening/", battles.listening, name="listening"),
    path("battles/<uuid:battle_id>/vote/", battles.vote, name="vote"),
    path("battles/<uuid:battle_id>/chips/", battles.chips, name="chips"),
    path("battles/<uuid:battle_id>/skip/", battles.skip, name="skip"),
    path("battles/<uuid:battle_id>/change/", battles.change, name="change"),
    path("leaderboard/", boards.leaderboard, name="leaderboard"),
    path("mixers/<uuid:mixer_id>/", boards.mixer, name="mixer"),
    path("listening/", boards.listener, name="listener"),
    path("r/<str:token>/", results.public, name="public"),
    path("r/<str:token>/audio/", results.public_audio, name="public-audio"),
    path("r/<str:token>/preview.png", sharing.preview, name="preview"),
    path("r/<str:token>/embed/", sharing.embed, name="embed"),
]
