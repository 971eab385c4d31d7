"""``manage.py review_mixers``: candidates with their evidence."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.refusals import Refusal
from evolution import selectors
from evolution.selectors import Review
from evolution.serializers import ReviewSerializer
from evolution.slots import CHAMPION, check_community_slot


class Command(BaseCommand):
    help = "List candidates for a community slot, the likeliest to beat its holder first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--slot", default=CHAMPION)
        parser.add_argument("--json", action="store_true")

    def handle(self, **options: Any) -> None:
        try:
            check_community_slot(options["slot"])
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        queue = selectors.review_queue(options["slot"])
        if options["json"]:
            self.stdout.write(json.dumps(ReviewSerializer(queue, many=True).data, default=str))
            return
        for review in queue:
            self.stdout.write(_line(review))
        if not queue:
            self.stdout.write("No candidate waits.")


def _line(review: Review) -> str:
    votes, test = review.votes, review.test
    needed = "–" if test.votes_needed is None else str(test.votes_needed)
    safety = "not checked" if not review.has_copies else "safe" if review.is_safe else "UNSAFE"
    return (
        f"{review.mixer.pk}  {review.mixer.name}: {votes.wins}–{votes.ties}–{votes.losses} against "
        f"{review.incumbent.name}, P {test.p_better:.2f}, {needed} votes to go, {safety}"
    )
