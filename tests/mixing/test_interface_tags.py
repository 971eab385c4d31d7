"""Template tags that every page uses."""

import base64
import json

import numpy as np
import pytest

from mixing.audio.waveform import peaks, to_integers
from mixing.templatetags import interface


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (0, "0:00"), (7.4, "0:07"), (205, "3:25"), (3723, "1:02:03"), (59.6, "1:00")],
)
def test_durations_read_like_a_clock(seconds: float | None, text: str) -> None:
    assert interface.clock(seconds) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(-14.04, "LUFS", "−14.0 LUFS"), (6.25, "", "6.2"), (None, "LUFS", "–"), (0.0, "dB", "0.0 dB")],
)
def test_levels_have_one_decimal_and_a_true_minus(
    value: float | None, unit: str, text: str
) -> None:
    assert interface.level(value, unit) == text


@pytest.mark.parametrize(
    ("rate", "text"), [(44_100, "44.1 kHz"), (48_000, "48 kHz"), (11_025, "11.03 kHz")]
)
def test_sample_rates_are_in_kilohertz(rate: int, text: str) -> None:
    assert interface.kilohertz(rate) == text


def test_compact_peaks_keep_the_extremes_of_what_they_fold() -> None:
    noise = np.random.default_rng(5).uniform(-1, 1, (2, 9000)).astype(np.float32)
    stored = to_integers(peaks(noise, bins=1200))
    folded = np.frombuffer(base64.b64decode(interface.compact_peaks(stored, 300)), np.int8)
    pairs = np.asarray(stored).reshape(300, 4, 2)
    assert folded.reshape(300, 2)[:, 0].tolist() == pairs[:, :, 0].min(axis=1).tolist()
    assert folded.reshape(300, 2)[:, 1].tolist() == pairs[:, :, 1].max(axis=1).tolist()


def test_compact_peaks_never_invent_bins() -> None:
    assert base64.b64decode(interface.compact_peaks([-3, 5, -127, 127], 600)) == b"\xfd\x05\x81\x7f"
    assert interface.compact_peaks([]) == ""
    assert interface.compact_peaks(None) == ""


def test_the_import_map_names_every_module_and_cannot_end_its_script() -> None:
    text = interface.import_map()
    imports = json.loads(text)["imports"]
    assert imports["mixarena/live"].endswith("js/live.js")
    assert imports["mixarena/http"].endswith("js/http.js")
    assert "wavesurfer.js" in imports
    assert "<" not in text


def test_an_icon_is_hidden_from_screen_readers() -> None:
    drawing = interface.icon("play")
    assert 'aria-hidden="true"' in drawing
    assert drawing.count("#play") == 1
