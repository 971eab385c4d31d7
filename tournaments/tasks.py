"""The worker's side of tournaments."""

from uuid import UUID

from celery import shared_task

from tournaments import anchors, battles, clips, endings, leaderboards, live, trust
from tournaments.models import Tournament


@shared_task
def prune_clips() -> None:
    """Remove clips that nobody will ask for soon; run it about hourly."""
    clips.prune()


@shared_task
def refresh_tournament(tournament_id: str) -> None:
    """After a burst of votes: tell watchers, and close the tournament if it is decided."""
    tournament = Tournament.objects.filter(pk=UUID(tournament_id)).first()
    if tournament is not None:
        endings.close_if_over(tournament)
        live.tell_due(tournament.pk)


@shared_task
def prepare_anchors(tournament_id: str) -> None:
    """Make the hidden anchors that can be made by now."""
    tournament = Tournament.objects.filter(pk=UUID(tournament_id)).first()
    if tournament is not None:
        anchors.prepare(tournament)


@shared_task
def keep_tournaments_going() -> None:
    """Every minute: end what is over, hand out again what nobody finished, make anchors."""
    battles.expire()
    for tournament in Tournament.objects.open().exclude(format=Tournament.Format.PERSONAL):
        if not endings.close_if_over(tournament):
            anchors.prepare(tournament)


@shared_task
def measure_trust() -> None:
    """Weigh listeners by hidden checks and by who votes alike; run it every few minutes."""
    trust.measure()


@shared_task
def record_strengths() -> None:
    """Keep the leaderboards of today for their history; run it about hourly."""
    leaderboards.record_strengths()
