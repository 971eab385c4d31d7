"""Addresses of the tournaments pages."""

from django.urls import path

from tournaments import views

app_name = "tournaments"
urlpatterns = [
    path("try/", views.try_it, name="try"),
    path("tournaments/", views.tournament_list, name="list"),
    path("songs/<uuid:song_id>/tournament/", views.start, name="start"),
    path("tournaments/<uuid:tournament_id>/", views.detail, name="detail"),
    path("tournaments/<uuid:tournament_id>/undo/", views.undo, name="undo"),
    path("tournaments/<uuid:tournament_id>/finish/", views.finish, name="finish"),
    path("tournaments/<uuid:tournament_id>/share/", views.share, name="share"),
    path("tournaments/<uuid:tournament_id>/result/", views.result, name="result"),
    path("battles/<uuid:battle_id>/", views.battle, name="battle"),
    path("battles/<uuid:battle_id>/audio/<slug:side>/", views.clip, name="clip"),
    path("battles/<uuid:battle_id>/listening/", views.listening, name="listening"),
    path("battles/<uuid:battle_id>/vote/", views.vote, name="vote"),
    path("r/<str:token>/", views.public, name="public"),
    path("r/<str:token>/audio/", views.public_audio, name="public-audio"),
]
