"""The Django project: settings, URLs, ASGI, Celery, health. Knows no music."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
