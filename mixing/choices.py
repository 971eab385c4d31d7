"""What mixers choose for a song: decided once per state of its stems, then read.

Three results are kept, each under all that it depends on, so none can go stale:

- embeddings, by stems (fingerprints, order, roles, levels) and encoder: `listening.hear`;
- settings, by the same and the mixer: here;
- mixes, by the same, a person's changes, section and renderer: `identity.cache_key`.
"""

import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress

from django.db import IntegrityError, transaction

from mixing import counting, listening, selectors, sessions
from mixing.audio.parameters import Settings
from mixing.identity import multitrack_sha256
from mixing.inference_models import ChosenSettings
from mixing.models import Mixer, Song, Stem
from mixing.networks.errors import ModelInvalid, ModelUnavailable

logger = logging.getLogger(__name__)


def settings_of(song: Song, stems: list[Stem], mixer: Mixer) -> Settings:
    """The settings that the mixer chooses for these stems. Raises as `settings_by`."""
    return settings_by([mixer], song, stems)[0]


def settings_by(mixers: Sequence[Mixer], song: Song, stems: list[Stem]) -> list[Settings]:
    """The settings of each mixer, in their order; heads that have to decide do so in one run.

    Raises ModelUnavailable or ModelInvalid.
    """
    state = multitrack_sha256(stems)
    known = _known(mixers, song, state)
    missing = [mixer for mixer in mixers if mixer.pk not in known]
    counting.count(counting.SETTINGS, hits=len(mixers) - len(missing), misses=len(missing))
    for mixer, settings in _decided(missing, song, stems):
        known[mixer.pk] = settings
    _keep(missing, song, state, known)
    return [known[mixer.pk] for mixer in mixers]


def decide_ahead(song: Song, stems: list[Stem]) -> None:
    """Decide for the listed mixers before anybody asks, so that the first preview comes sooner."""
    for together in _by_encoder(selectors.listed_mixers(song.owner)):
        try:
            settings_by(together, song, stems)
        except (ModelInvalid, ModelUnavailable) as error:
            # Its mixes will fail with this reason; the song itself is fine.
            logger.error("mixers like %s cannot decide: %s", together[0], error)


def _known(mixers: Iterable[Mixer], song: Song, state: str) -> dict[object, Settings]:
    rows = ChosenSettings.objects.filter(
        song=song, multitrack_sha256=state, mixer__in=list(mixers)
    ).values_list("mixer_id", "settings", "encoder_sha256")
    encoders = {mixer.pk: mixer.encoder_onnx_sha256 for mixer in mixers}
    return {pk: Settings.from_json(data) for pk, data, encoder in rows if encoders[pk] == encoder}


def _decided(
    mixers: Sequence[Mixer], song: Song, stems: list[Stem]
) -> Iterable[tuple[Mixer, Settings]]:
    """Each mixer's decision. Mixers of one encoder decide together."""
    for together in _by_encoder(mixers):
        heard = listening.hear(song, stems, together[0])
        if len(together) == 1:
            yield together[0], sessions.head(together[0]).settings(heard)
        else:
            yield from zip(together, sessions.heads(together).settings(heard), strict=True)


def _by_encoder(mixers: Iterable[Mixer]) -> list[list[Mixer]]:
    groups: dict[str, list[Mixer]] = {}
    for mixer in mixers:
        groups.setdefault(mixer.encoder_onnx_sha256, []).append(mixer)
    return list(groups.values())


def _keep(
    mixers: Sequence[Mixer], song: Song, state: str, settings: dict[object, Settings]
) -> None:
    rows = [
        ChosenSettings(
            song=song,
            mixer=mixer,
            multitrack_sha256=state,
            encoder_sha256=mixer.encoder_onnx_sha256,
            settings=settings[mixer.pk].to_json(),
        )
        for mixer in mixers
    ]
    # The song was deleted meanwhile: nobody will ask again.
    with suppress(IntegrityError), transaction.atomic():
        ChosenSettings.objects.bulk_create(rows, ignore_conflicts=True)
