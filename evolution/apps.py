from django.apps import AppConfig


class EvolutionConfig(AppConfig):
    name = "evolution"
    verbose_name = "Evolution"

    def ready(self) -> None:
        from accounts import signals
        from evolution import benchmarks, live, receivers
        from mixing import topics
        from tournaments import advice
        from tournaments import signals as votes

        votes.votes_arrived.connect(receivers.learn_from_votes)
        votes.tournament_closed.connect(receivers.finish_tournament)
        signals.guest_merged.connect(receivers.take_over_taste)
        signals.account_deleted.connect(receivers.remove_taste)
        advice.register_challengers(receivers.challengers)
        advice.register_pairing(receivers.next_pair)
        benchmarks.register_all()
        topics.register("taste", live.may_watch_taste, live.taste_snapshot)
        topics.register("evolution", live.may_watch_run, live.run_snapshot)
