"""The console's preview against the server's renderer: the same stems and settings through both.

Chromium builds the page's own graph in an OfflineAudioContext and finishes it in the page's own
worker; the server's `render` gives the oracle. Test signals last seconds and are drawn from fixed
seeds.
"""

import base64
import itertools
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page

from mixing.audio.console import render
from mixing.audio.loudness import integrated_lufs
from mixing.audio.parameters import Settings
from mixing.audio.true_peak import true_peak_dbtp
from mixing.presets import content
from mixing.presets.built_in import BUILT_IN

Audio = NDArray[np.float32]

RATE: Final = 44_100
SECONDS: Final = 3.0
FADE_S: Final = 0.03
"""The server fades the end of a song out; the preview is a part of one."""
BANDS_HZ: Final = 25.0 * 2 ** (np.arange(0, 29) / 3)

EQ_TOLERANCE_DB: Final = 0.1
LOUDNESS_TOLERANCE_LU: Final = 0.3
GAIN_CURVE_TOLERANCE_DB: Final = 0.1
SPACE_TOLERANCE_DB: Final = 1.0
LIMITER_LATE: Final = 16 + (26 + 1) * 8
"""Half an interpolator's taps, and the groups of samples that the smooth gain waits for."""

# Float32 samples travel as base64.
CODING = """
const samples = (text) =>
  new Float32Array(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
const text = (channel) => {
  const bytes = new Uint8Array(channel.buffer, channel.byteOffset, channel.byteLength);
  let all = "";
  for (let i = 0; i < bytes.length; i += 8192) {
    all += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return btoa(all);
};
const bufferOf = (channels, sampleRate) => {
  const data = channels.map(samples);
  const shape = { numberOfChannels: data.length, length: data[0].length, sampleRate };
  const buffer = new AudioBuffer(shape);
  data.forEach((channel, c) => buffer.copyToChannel(channel, c));
  return buffer;
};
"""
RENDER = f"""
async ({{ stems, settings, rate, gainDb }}) => {{
  {CODING}
  const {{ Finisher, renderOffline }} = await import("mixarena/console/measuring");
  const mix = await renderOffline({{
    buffers: stems.map((channels) => bufferOf(channels, rate)),
    gains: stems.map(() => 1),
    channels: stems.map((channels) => channels.length),
    settings, rate, position: 0,
  }});
  const finisher = new Finisher();
  const how = {{ keep: true, gainDb }};
  const {{ channels, ...figures }} = await finisher.finish(mix, settings.master, how);
  finisher.destroy();
  const raw = [0, 1].map((c) => text(mix.getChannelData(c)));
  return {{ ...figures, channels: channels.map(text), raw }};
}}
"""
LIMIT_LIVE = f"""
async ({{ mix, gain, ceiling, rate }}) => {{
  {CODING}
  const {{ loadProcessors }} = await import("mixarena/console/graph");
  const buffer = bufferOf(mix, rate);
  const context = new OfflineAudioContext(2, buffer.length, rate);
  await loadProcessors(context);
  const source = new AudioBufferSourceNode(context, {{ buffer }});
  const limiter = new AudioWorkletNode(context, "console-limiter", {{
    outputChannelCount: [2], processorOptions: {{ gain, ceiling }},
  }});
  source.connect(limiter).connect(context.destination);
  source.start();
  const out = await context.startRendering();
  return [0, 1].map((c) => text(out.getChannelData(c)));
}}
"""


def encoded(channel: Audio) -> str:
    return base64.b64encode(np.ascontiguousarray(channel, "<f4").tobytes()).decode()


def decoded(channels: list[str]) -> Audio:
    return np.stack([np.frombuffer(base64.b64decode(text), "<f4") for text in channels])


def previewed(
    page: Page, stems: list[Audio], settings: Settings, gain_db: float | None = None
) -> dict[str, Any]:
    """What the page makes of it: figures, and `audio` (2, samples) as finished.

    With ``gain_db`` it is turned up by that, else brought to its loudness.
    """
    page.goto("/account/login/")
    answer: dict[str, Any] = page.evaluate(
        RENDER,
        {
            "stems": [[encoded(channel) for channel in stem] for stem in stems],
            "settings": settings.to_json(),
            "rate": RATE,
            **({} if gain_db is None else {"gainDb": gain_db}),
        },
    )
    return answer | {"audio": decoded(answer["channels"])}


def noise(seed: int, channels: int, level: float = 0.1) -> Audio:
    """Pink-like noise of which both sides share a part."""
    rng = np.random.default_rng(seed)
    count = round(SECONDS * RATE)
    freqs = np.maximum(np.fft.rfftfreq(count, 1 / RATE), 20.0)
    white = rng.standard_normal((3, count))
    pink = np.fft.irfft(np.fft.rfft(white) / np.sqrt(freqs / 1000.0), count)
    pink *= level / pink.std()
    sides = [pink[0] + 0.5 * pink[1], pink[0] + 0.5 * pink[2]]
    return np.stack(sides[:channels]).astype(np.float32)


def steps(hz: float) -> Audio:
    """(1, samples): a tone that goes up and down in steps of 6 dB, from -48 to 0 dBFS and back."""
    time = np.arange(round(SECONDS * RATE)) / RATE
    stairs = np.floor(time / SECONDS * 17)
    level_db = -48.0 + 6.0 * np.minimum(stairs, 16 - stairs)
    return (10 ** (level_db / 20) * np.sin(2 * np.pi * hz * time))[None].astype(np.float32)


def band_levels(audio: Audio) -> NDArray[np.float64]:
    """(2, bands) in dB, thirds of an octave, without the end that the server fades."""
    kept = audio[:, : audio.shape[1] - round(2 * FADE_S * RATE)]
    power = np.abs(np.fft.rfft(kept * np.hanning(kept.shape[1]))) ** 2
    freqs = np.fft.rfftfreq(kept.shape[1], 1 / RATE)
    edges = BANDS_HZ * 2 ** (-1 / 6)
    edges = np.append(edges, BANDS_HZ[-1] * 2 ** (1 / 6))
    sums = [power[:, (freqs >= a) & (freqs < b)].sum(axis=1) for a, b in itertools.pairwise(edges)]
    return np.asarray(10 * np.log10(np.maximum(np.stack(sums, axis=1), 1e-12)))


def envelope_db(audio: Audio) -> NDArray[np.float64]:
    """RMS of every 10 ms of both sides in dB."""
    kept = audio[:, : audio.shape[1] - round(2 * FADE_S * RATE)]
    frames = kept[:, : kept.shape[1] // 441 * 441].reshape(2, -1, 441)
    return np.asarray(10 * np.log10(np.maximum((frames.astype(float) ** 2).mean(-1), 1e-12)))


def settings_of(*strips: dict[str, float], **sections: dict[str, float]) -> Settings:
    return Settings.from_json({"version": 1, "strips": list(strips), **sections})


TONE = {
    "highpass_hz": 85.0, "low_shelf_gain_db": 5.0, "peak1_gain_db": -6.0, "peak1_q": 2.0,
    "peak2_gain_db": 4.0, "peak3_hz": 6000.0, "peak3_gain_db": 7.5, "peak3_q": 0.5,
    "high_shelf_hz": 12000.0, "high_shelf_gain_db": -9.0,
}  # fmt: skip
BUS_TONE = {"low_shelf_gain_db": -3.0, "peak2_gain_db": 2.0, "high_shelf_gain_db": 4.0}
QUIET = {"target_lufs": -23.0}
SQUEEZE = {
    "comp_threshold_db": -24.0, "comp_ratio": 5.0, "comp_attack_ms": 8.0, "comp_release_ms": 90.0,
    "comp_knee_db": 9.0, "comp_makeup_db": 5.0,
}  # fmt: skip


def test_equalisers_gain_pan_and_width_agree_in_every_band(mira: Page) -> None:
    stems = [noise(1, 1), noise(2, 2), noise(3, 2)]
    settings = settings_of(
        TONE | {"pan": -0.4, "fader_db": -3.0},
        {"fader_db": 2.5, "width": 1.7, "pan": 0.3, "peak2_gain_db": -12.0},
        {"fader_db": -48.0},
        master=BUS_TONE | QUIET | {"width": 1.3},
    )
    heard = previewed(mira, stems, settings)
    rendered = render(stems, settings)
    apart = np.abs(band_levels(heard["audio"]) - band_levels(rendered.audio))
    assert apart.max() <= EQ_TOLERANCE_DB
    assert abs(heard["gainDb"] - rendered.gain_db) <= EQ_TOLERANCE_DB
    assert abs(heard["lufs"] - rendered.measurements.lufs) <= LOUDNESS_TOLERANCE_LU


@pytest.mark.parametrize("hz", [60.0, 1000.0])
def test_compressors_follow_the_servers_gain_curve(mira: Page, hz: float) -> None:
    """Step by step, attack and release included, on a strip and on the master."""
    stems = [steps(hz)]
    master = {"comp_threshold_db": -15.0, "comp_ratio": 2.5, "comp_knee_db": 0.0, **QUIET}
    settings = settings_of(SQUEEZE, master=master)
    heard = previewed(mira, stems, settings)["audio"]
    apart = np.abs(envelope_db(heard) - envelope_db(render(stems, settings).audio))
    assert apart.max() <= GAIN_CURVE_TOLERANCE_DB
    plain = envelope_db(render(stems, settings_of({}, master=QUIET)).audio)
    assert np.ptp(envelope_db(heard)[0]) < np.ptp(plain[0]) - 12.0, "the compressor did something"


def test_the_limiter_and_the_loudness_of_the_whole_agree(mira: Page) -> None:
    stems = [noise(4, 2, 0.3), steps(200.0)]
    settings = settings_of({}, {}, master={"target_lufs": -9.0, "ceiling_dbtp": -2.0})
    heard = previewed(mira, stems, settings)
    rendered = render(stems, settings)
    assert heard["heldDownDb"] > 3.0
    assert abs(heard["lufs"] - rendered.measurements.lufs) <= LOUDNESS_TOLERANCE_LU
    assert abs(integrated_lufs(heard["audio"], RATE) - heard["lufs"]) <= 0.05
    assert true_peak_dbtp(heard["audio"], RATE) <= -2.0
    held_down = previewed(mira, stems, settings, gain_db=rendered.gain_db)["audio"]
    apart = np.abs(envelope_db(held_down) - envelope_db(rendered.audio))
    assert apart.max() <= GAIN_CURVE_TOLERANCE_DB


def test_what_is_heard_live_is_what_the_worker_finishes(mira: Page) -> None:
    """The limiter that runs while one listens, against the one that measures: late, but equal."""
    stems = [noise(5, 2, 0.3)]
    settings = settings_of({}, master={"target_lufs": -9.0, "ceiling_dbtp": -1.0})
    heard = previewed(mira, stems, settings)
    gain = 10 ** (heard["gainDb"] / 20)
    limits = {"mix": heard["raw"], "gain": gain, "ceiling": -1.0, "rate": RATE}
    live = decoded(mira.evaluate(LIMIT_LIVE, limits))
    late = LIMITER_LATE
    finished = heard["audio"][:, : -late - round(FADE_S * RATE)]
    shifted = live[:, late : late + finished.shape[1]]
    level = float(np.sqrt((finished**2).mean()))
    assert np.sqrt(((shifted - finished) ** 2).mean()) / level < 10 ** (-40 / 20)


def test_reverb_and_echoes_come_back_as_loud_and_as_long(mira: Page) -> None:
    hit = np.zeros((2, round(SECONDS * RATE)), np.float32)
    hit[:, :2000] = noise(6, 2)[:, :2000] * 4
    settings = settings_of(
        {"reverb_send_db": -6.0, "delay_send_db": -9.0},
        reverb={"decay_s": 1.2, "damping_hz": 5000.0, "predelay_ms": 30.0},
        delay={"time_ms": 310.0, "feedback": 0.5, "damping_hz": 3000.0},
        master=QUIET,
    )
    heard = previewed(mira, [hit], settings)
    rendered = render([hit], settings)
    audible = slice(4, 27)  # 63 Hz to 10 kHz
    apart = np.abs(band_levels(heard["audio"]) - band_levels(rendered.audio))[:, audible]
    assert apart.max() <= SPACE_TOLERANCE_DB
    both = (heard["audio"], rendered.audio)
    tails = [envelope_db(audio)[:, :250].reshape(2, -1, 25).max(-1) for audio in both]
    assert np.abs(tails[0] - tails[1]).max() <= 2 * SPACE_TOLERANCE_DB
    assert abs(heard["lufs"] - rendered.measurements.lufs) <= LOUDNESS_TOLERANCE_LU


def test_everything_together_is_as_loud(mira: Page) -> None:
    """All of a preset at once, as people use it."""
    stems = [noise(7, 2, 0.15), noise(8, 1, 0.1), steps(110.0), noise(9, 2, 0.05)]
    roles = ("drums", "vocal", "bass", "guitar")
    preset = next(preset for preset in BUILT_IN if preset.slug == "pop-polished")
    settings = content.apply(preset.content, Settings.default(4), roles)
    heard = previewed(mira, stems, settings)
    rendered = render(stems, settings)
    assert abs(heard["lufs"] - rendered.measurements.lufs) <= LOUDNESS_TOLERANCE_LU
    assert abs(heard["gainDb"] - rendered.gain_db) <= LOUDNESS_TOLERANCE_LU
    assert true_peak_dbtp(heard["audio"], RATE) <= settings.master["ceiling_dbtp"]


def test_presets_move_the_same_knobs_on_the_page(mira: Page) -> None:
    roles = ["drums", "bass", "vocal", "backing_vocal", "guitar", "keys", "synth", "strings"]
    start = content.apply(BUILT_IN[3].content, Settings.default(len(roles)), roles)
    mira.goto("/account/login/")
    applied = mira.evaluate(
        """async ({ presets, settings, roles }) => {
          const { Table } = await import("mixarena/console/table");
          const { applyPreset } = await import("mixarena/console/presets");
          const table = new Table(await (await fetch("/api/v1/parameters/")).json());
          return presets.map((content) => applyPreset(table, content, settings, roles));
        }""",
        {"presets": [p.content for p in BUILT_IN], "settings": start.to_json(), "roles": roles},
    )
    for preset, moved in zip(BUILT_IN, applied, strict=True):
        expected = content.apply(preset.content, start, roles)
        assert Settings.from_json(moved) == expected, preset.slug
