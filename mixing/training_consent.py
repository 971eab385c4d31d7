"""Whether mixers may be trained on a person's song: only its owner says so, for each song.

Nobody agreed until they did, and everybody can take it back: a later training leaves the song out.
What mixers have already learned cannot be taken out of them, and the page says so.
"""

from django.db import transaction
from django.utils import timezone

from mixing.models import Song


@transaction.atomic
def settle(*, song: Song, agreed: bool) -> Song:
    """Agree, or take it back. Agreeing again keeps the day on which the owner first did."""
    row = Song.objects.select_for_update().get(pk=song.pk)
    if agreed != row.may_train():
        row.training_agreed_at = timezone.now() if agreed else None
        row.save(update_fields=["training_agreed_at"])
    song.training_agreed_at = row.training_agreed_at
    return song
