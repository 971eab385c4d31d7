from __future__ import annotations

import pickle

from mixing.audio.errors import CODES, AudioRejected


def test_the_status_says_what_http_says() -> None:
    statuses = {code: AudioRejected(code, "Why.").status for code in CODES}
    assert statuses.pop("unsupported_type") == 415
    assert statuses.pop("too_large") == 413
    assert set(statuses.values()) == {422}


def test_a_rejection_survives_the_way_between_processes() -> None:
    copy = pickle.loads(pickle.dumps(AudioRejected("too_long", "It is too long.")))
    assert (copy.code, copy.message, str(copy)) == (
        "too_long",
        "It is too long.",
        "It is too long.",
    )
