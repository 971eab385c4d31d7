"""Addresses of the song pages."""

from django.urls import path

from mixing import console_views, reference_views, views

app_name = "mixing"
urlpatterns = [
    path("songs/", views.song_list, name="song-list"),
    path("songs/new/", views.song_new, name="song-new"),
    path("songs/<uuid:song_id>/", views.song_page, name="song"),
    path("songs/<uuid:song_id>/mix/", views.song_mix, name="song-mix"),
    path("songs/<uuid:song_id>/console/", console_views.console_page, name="console"),
    path(
        "songs/<uuid:song_id>/console/stems/<uuid:stem_id>/",
        console_views.console_stem,
        name="console-stem",
    ),
    path(
        "hand-mixes/<uuid:hand_mix_id>/remove/",
        console_views.hand_mix_remove,
        name="hand-mix-remove",
    ),
    path("songs/<uuid:song_id>/details/", views.song_details, name="song-details"),
    path("songs/<uuid:song_id>/training/", views.song_training, name="song-training"),
    path("songs/<uuid:song_id>/delete/", views.song_delete, name="song-delete"),
    path("songs/<uuid:song_id>/stems/", views.song_stems, name="song-stems"),
    path("songs/<uuid:song_id>/mixes/", views.song_mixes, name="song-mixes"),
    path("stems/<uuid:stem_id>/role/", views.stem_role, name="stem-role"),
    path("stems/<uuid:stem_id>/remove/", views.stem_remove, name="stem-remove"),
    path("uploads/<uuid:upload_id>/dismiss/", views.upload_dismiss, name="upload-dismiss"),
    path("mixes/<uuid:mix_id>/retry/", views.mix_retry, name="mix-retry"),
    path("mixes/<uuid:mix_id>/cancel/", views.mix_cancel, name="mix-cancel"),
    path("mixes/<uuid:mix_id>/settings/", views.mix_settings, name="mix-settings"),
    path("mixes/<uuid:mix_id>/export/", views.mix_export, name="mix-export"),
    path("mixes/<uuid:mix_id>/reference/", reference_views.reference_new, name="reference-new"),
    path(
        "reference-matches/<uuid:match_id>/",
        reference_views.reference_match,
        name="reference-match",
    ),
    path("exports/<uuid:export_id>/", views.export_page, name="export"),
    path("mixers/", views.mixers, name="mixers"),
]
