"""The API of taste, evolution and review."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
