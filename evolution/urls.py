"""Pages about taste, lineage and review."""

from django.urls.resolvers import URLPattern

app_name = "evolution"
urlpatterns: list[URLPattern] = []
