"""Mixers of one family side by side: the song that most of them mixed."""

from collections import Counter
from collections.abc import Sequence

from mixing import access, blindness
from mixing.jobs import JobState
from mixing.models import Mix, Mixer


def one_song_of_all(mixers: Sequence[Mixer], viewer: object) -> list[Mix]:
    """Previews of one song by as many of the mixers as possible, in their order.

    Only what the viewer may hear and does not judge blind right now; empty without such.
    """
    found = list(
        Mix.objects.as_mixed()
        .known_to(viewer)
        .filter(
            song__in=access.songs(viewer),
            mixer__in=mixers,
            section=Mix.Section.PREVIEW,
            state=JobState.READY,
        )
        .select_related("song", "mixer")
        .order_by("created_at")
    )
    hidden = blindness.blind_songs(viewer, {mix.song_id for mix in found})
    makers = {(mix.song_id, mix.mixer_id): mix for mix in found if mix.song_id not in hidden}
    counts = Counter(song for song, _ in makers)
    if not counts:
        return []
    # The same song for the same rows: of equals, the one whose id is smaller.
    song = min(counts, key=lambda pk: (-counts[pk], pk))
    copies = (makers.get((song, pk)) for pk in dict.fromkeys(mixer.pk for mixer in mixers))
    return [mix for mix in copies if mix is not None]
