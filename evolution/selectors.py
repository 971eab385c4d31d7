"""What pages, API and sockets show of tastes, families, candidates and the hold-back."""

from django.db.models import QuerySet

from accounts.models import User
from evolution.families import (
    GenerationStory,
    Member,
    Relative,
    Tree,
    ancestors_of,
    recent_stories,
    runs_visible_to,
    story,
    tree,
)
from evolution.models import EvolutionRun, Generation
from evolution.patterns import groups as taste_groups
from evolution.patterns import winners_in_common
from evolution.recommending import Advice, Suggestion, advice_for, previews_by_changes
from evolution.reviewing import (
    Review,
    SlotView,
    SongRecord,
    community_slots,
    decisions,
    review,
    review_queue,
    slot_view,
)
from evolution.tastes import (
    BlindRecord,
    MyTaste,
    PersonalMixer,
    TasteClaim,
    VoteBehind,
    my_taste,
)
from evolution.worth import Worth, worth

__all__ = [
    "Advice",
    "BlindRecord",
    "GenerationStory",
    "Member",
    "MyTaste",
    "PersonalMixer",
    "Relative",
    "Review",
    "SlotView",
    "SongRecord",
    "Suggestion",
    "TasteClaim",
    "Tree",
    "VoteBehind",
    "Worth",
    "advice_for",
    "ancestors_of",
    "community_slots",
    "decisions",
    "generations",
    "my_taste",
    "previews_by_changes",
    "recent_stories",
    "review",
    "review_queue",
    "runs",
    "runs_visible_to",
    "slot_view",
    "story",
    "taste_groups",
    "tree",
    "winners_in_common",
    "worth",
]


def runs(user: object) -> QuerySet[EvolutionRun]:
    """Populations this person may see: the community's, and their own."""
    community = EvolutionRun.objects.filter(listener=None)
    if not isinstance(user, User):
        return community
    return community | EvolutionRun.objects.filter(listener=user)


def generations(user: object) -> QuerySet[Generation]:
    """Generations of those populations, the latest first."""
    visible = Generation.objects.filter(run__in=runs(user)).select_related("run", "taste")
    return visible.order_by("run__scope", "-number")
