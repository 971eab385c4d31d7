"""Bring a mix nearer to a reference track that somebody uploads.

The file is decoded in the confined child like every file from outside, measured, and removed before
the request ends; its figures are kept, so that another amount needs no second upload. The result
is an adjusted mix (`mixing.overrides`) like any other.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from django.db import transaction

from accounts.models import User
from mixing import storage
from mixing.audio import SAMPLE_RATE
from mixing.audio.decoding import MEBIBYTE, Limits, decode, load
from mixing.audio.errors import AudioRejected
from mixing.audio.names import display_name
from mixing.audio.parameters import Settings
from mixing.models import Mix, ReferenceMatch
from mixing.orders import request_adjusted_mix
from mixing.refusals import MixNotReady, ReferenceRefused

MOST_BYTES: Final = 100 * MEBIBYTE
SHORTEST_S: Final = 5.0
_LIMITS: Final = Limits(max_seconds=900.0, max_bytes=MOST_BYTES)
_BLOCK: Final = 1 << 20


def match_reference(
    *, mix: Mix, by: User, file: BinaryIO, name: str, amount: int
) -> ReferenceMatch:
    """The mix moved `amount` percent towards the track in `file`, waiting to be made.

    Raises MixNotReady, ReferenceRefused (with the decoder's code, `too_quiet` or
    `reference_too_short`), and what `request_adjusted_mix` refuses.
    """
    if not mix.is_ready():
        raise MixNotReady
    return _matched(mix, by, _measured_upload(file), display_name(name), amount)


def change_amount(*, match: ReferenceMatch, by: User, amount: int) -> ReferenceMatch:
    """The same reference followed by another amount: another match of the same mix."""
    return _matched(match.mix, by, match.reference, match.name, amount)


def _matched(
    mix: Mix, by: User, heard: Mapping[str, Any], name: str, amount: int
) -> ReferenceMatch:
    from mixing.audio.reference import Profile, match  # loads an optimiser, for few requests

    before, goal = Profile.of(_measured_mix(mix)), Profile.of(heard)
    found = match(
        before,
        goal,
        Settings.from_json(mix.settings).master,
        gain_db=(mix.measurements or {}).get("gain_db") or 0.0,
        amount=amount / 100,
    )
    changes = {**mix.overrides, "master": {**mix.overrides.get("master", {}), **found.master}}
    with transaction.atomic():
        matched = request_adjusted_mix(
            song=mix.song,
            by=by,
            mixer=mix.mixer,
            changes=changes if changes["master"] else mix.overrides,
            section=Mix.Section(mix.section),
        )
        return ReferenceMatch.objects.create(
            owner=by,
            mix=mix,
            matched=matched,
            name=name,
            amount=amount,
            reference=goal.to_json(),
            before=before.to_json(),
            predicted_db=[round(level, 2) for level in found.predicted_db],
        )


def _measured_upload(file: BinaryIO) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        source, flac = Path(folder) / "upload", Path(folder) / "decoded.flac"
        _keep(file, source)
        try:
            decoded = decode(source, flac, limits=_LIMITS)
        except AudioRejected as error:
            raise ReferenceRefused(error.code, error.status, error.message) from error
        if decoded.duration_s < SHORTEST_S:
            raise ReferenceRefused(
                "reference_too_short", 422, f"A reference lasts at least {SHORTEST_S:.0f} s."
            )
        measured = _measure(flac, decoded.scale_db)
    if measured["lufs"] is None:
        raise ReferenceRefused("too_quiet", 422, "The reference is silent.")
    return measured


def _keep(file: BinaryIO, path: Path) -> None:
    size = 0
    with path.open("wb") as kept:
        while block := file.read(_BLOCK):
            size += len(block)
            if size > MOST_BYTES:
                raise ReferenceRefused(
                    "too_large", 413, f"The file is larger than {MOST_BYTES // MEBIBYTE} MiB."
                )
            kept.write(block)


def _measured_mix(mix: Mix) -> Mapping[str, Any]:
    """What is stored with the mix; older ones lack some figures and are measured again."""
    measured: Mapping[str, Any] = mix.measurements or {}
    if "third_octaves_db" in measured and "momentary_max_lufs" in measured:
        return measured
    return _measure(storage.media_path(mix.audio_file), 0.0)


def _measure(flac: Path, scale_db: float) -> dict[str, Any]:
    # Compiled code: loaded by the process that is asked, not by every one that serves.
    from mixing.audio.measurements import measure

    return measure(load(flac, scale_db=scale_db), SAMPLE_RATE).to_json()
