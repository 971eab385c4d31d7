from django.apps import AppConfig


class MixingConfig(AppConfig):
    name = "mixing"
    verbose_name = "Mixing"
