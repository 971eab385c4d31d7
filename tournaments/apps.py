from django.apps import AppConfig
from django.db.models.signals import post_delete


class TournamentsConfig(AppConfig):
    name = "tournaments"
    verbose_name = "Tournaments"

    def ready(self) -> None:
        from accounts import signals
        from mixing import blindness, topics
        from tournaments import benchmarks, receivers, selectors, topic
        from tournaments.models import Battle, Recording

        signals.guest_merged.connect(receivers.take_over_tournaments)
        post_delete.connect(receivers.remove_clips, sender=Battle)
        post_delete.connect(receivers.remove_recording, sender=Recording)
        blindness.register(selectors.judged_blind)
        topics.register("tournament", topic.may_watch, topic.snapshot, topic.is_public)
        benchmarks.register_all()
