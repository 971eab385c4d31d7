from django.apps import AppConfig


class MixingConfig(AppConfig):
    name = "mixing"
    verbose_name = "Mixing"

    def ready(self) -> None:
        from accounts import signals
        from mixing import audio_benchmarks, receivers, song_topic, topics

        signals.guest_merged.connect(receivers.take_over_songs)
        signals.account_deleted.connect(receivers.remove_files)
        topics.register("song", song_topic.may_watch, song_topic.snapshot)
        audio_benchmarks.register_all()
