"""Version 1 of the API: each app's `api` module brings its own `urlpatterns`."""

from django.urls import include, path

urlpatterns = [
    path("", include("accounts.api")),
    path("", include("mixing.api")),
    path("", include("mixing.hand_api")),
    path("", include("mixing.reference_api")),
    path("", include("tournaments.api")),
    path("", include("evolution.api")),
    path("", include("evolution.importing_api")),
]
