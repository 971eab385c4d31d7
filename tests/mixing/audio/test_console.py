"""The compiled console against the plain one, and its promises about every mix."""

import numpy as np
import pytest
from scipy.signal import resample_poly

from mixing.audio import console
from mixing.audio.console import process_stems, render, render_section, warm_up
from mixing.audio.parameters import DELAY, GLOBALS, MASTER, REVERB, STRIP, Settings, SettingsInvalid
from tests.mixing.audio import oracle_console

RATE = 44_100


def multitrack(seconds, channels=(2, 1, 2, 1), seed=0):
    """Drums, bass, pad and lead, more or less: hits, a low tone, chords, a wandering tone."""
    rng = np.random.default_rng(seed)
    n = np.arange(round(seconds * RATE))
    hits = np.exp(-(n % 11_025) / 1500)
    sources = [
        lambda: rng.standard_normal(n.size) * hits * 0.3,
        lambda: 0.3 * np.tanh(3 * np.sin(2 * np.pi * 55 / RATE * n)) * (n % 22_050 < 16_000),
        lambda: sum(np.sin(2 * np.pi * hz / RATE * n + rng.random()) for hz in (220, 277, 330)) / 9,
        lambda: 0.2 * np.sin(2 * np.pi * (440 + 3 * np.sin(n / RATE * 30)) / RATE * n),
    ]
    return [
        np.stack([sources[i % 4]() for _ in range(count)]).astype(np.float32)
        for i, count in enumerate(channels)
    ]


def random_settings(count, seed):
    rng = np.random.default_rng(seed)
    return Settings.from_normalised(rng.random((count, len(STRIP))), rng.random(len(GLOBALS)))


def typical_settings(count, **master):
    """A mix as an engineer might have it: a bit of everything."""
    strip = {
        "highpass_hz": 40.0, "low_shelf_gain_db": 2.0, "peak1_gain_db": -3.0, "peak3_gain_db": 2.0,
        "comp_ratio": 3.0, "comp_makeup_db": 3.0, "comp_release_ms": 150.0, "pan": 0.3,
        "width": 1.3, "reverb_send_db": -12.0, "delay_send_db": -18.0, "fader_db": -3.0,
    }  # fmt: skip
    return Settings.from_json(
        {
            "version": 1,
            "strips": [strip | {"pan": 0.8 * (i % 3 - 1)} for i in range(count)],
            "master": {"comp_ratio": 2.0, "high_shelf_gain_db": 1.0} | master,
        }
    )


def snr_db(exact, other):
    exact = np.asarray(exact, np.float64)
    return 10 * np.log10((exact**2).sum() / max(((other - exact) ** 2).sum(), 1e-300))


def highest_dbtp(audio, factor):
    fine = resample_poly(audio.astype(np.float64), factor, 1, axis=-1, window=("kaiser", 9.0))
    return 20 * np.log10(max(np.abs(fine).max(), 1e-30))


@pytest.mark.parametrize("seed", range(3))
def test_the_mix_agrees_with_the_oracle_to_70_db(seed):
    channels = (2, 1, 2, 1, 1)
    stems, settings = multitrack(1.2, channels, seed), random_settings(5, seed)
    rendered = render(stems, settings)
    mix = oracle_console.render(stems, settings)
    gain = 10 ** (rendered.gain_db / 20)
    exact = oracle_console.limit(mix, gain, settings.master["ceiling_dbtp"], RATE)
    assert snr_db(exact, rendered.audio) > 70


def test_more_than_one_group_of_lanes_agrees_with_the_oracle():
    channels = (2, 1) * 7
    stems, settings = multitrack(0.5, channels), typical_settings(14)
    rendered = render(stems, settings)
    exact = oracle_console.render(stems, settings) * 10 ** (rendered.gain_db / 20)
    quiet = np.abs(exact).max() < 10 ** (-1.2 / 20)
    limited = oracle_console.limit(exact, 1.0, -1.0, RATE)
    assert snr_db(exact if quiet else limited, rendered.audio) > 70


@pytest.mark.parametrize("chunk", [64, 1000, 4097, 10**6])
def test_any_chunk_gives_the_same_samples_to_100_db(chunk):
    stems, settings = multitrack(0.7), random_settings(4, 7)
    args = (stems, settings, 0, stems[0].shape[1], RATE, lambda share: None)
    whole = console._mixdown(*args, chunk=console.CHUNK)
    assert snr_db(whole, console._mixdown(*args, chunk=chunk)) > 100


def test_the_order_of_the_stems_does_not_matter():
    channels = (2, 1, 2, 1, 2)
    stems, settings = multitrack(0.7, channels), random_settings(5, 3)
    order = [3, 0, 4, 1, 2]
    shuffled = Settings(
        tuple(settings.strips[i] for i in order), settings.reverb, settings.delay, settings.master
    )
    mixed = render(stems, settings).audio
    assert snr_db(mixed, render([stems[i] for i in order], shuffled).audio) > 100


def test_the_same_input_gives_the_same_samples():
    stems, settings = multitrack(0.5), random_settings(4, 1)
    first, second = render(stems, settings), render(stems, settings)
    np.testing.assert_array_equal(first.audio, second.audio)
    assert first.measurements == second.measurements


@pytest.mark.parametrize("start_s", [0.0, 1.0, 5.3, 6.0])
def test_a_section_is_that_part_of_the_full_render(start_s):
    stems, settings = multitrack(8.0), typical_settings(4, target_lufs=-18.0)
    full = render(stems, settings)
    start, stop = round(start_s * RATE), round((start_s + 2.0) * RATE)
    part = render_section(stems, settings, start=start, stop=stop, gain_db=full.gain_db)
    assert part.audio.shape == (2, stop - start)
    assert snr_db(full.audio[:, start:stop], part.audio) > 60


def test_a_section_alone_is_brought_to_the_target():
    stems, settings = multitrack(6.0), typical_settings(4, target_lufs=-20.0)
    part = render_section(stems, settings, start=2 * RATE, stop=5 * RATE)
    assert part.measurements.lufs == pytest.approx(-20.0, abs=0.3)


@pytest.mark.parametrize("target", [-24.0, -18.0, -14.0])
def test_the_mix_meets_its_target_loudness(target):
    rendered = render(multitrack(4.0), typical_settings(4, target_lufs=target))
    assert rendered.measurements.lufs == pytest.approx(target, abs=0.3)
    assert oracle_console.loudness(rendered.audio, RATE) == pytest.approx(target, abs=0.3)


@pytest.mark.parametrize("seed", range(6))
def test_no_settings_break_the_ceiling(seed):
    channels = (2, 1, 1)
    settings = random_settings(3, 100 + seed)
    rendered = render(multitrack(0.8, channels, seed), settings)
    ceiling = settings.master["ceiling_dbtp"]
    assert np.isfinite(rendered.audio).all()
    assert rendered.measurements.true_peak_dbtp <= ceiling + 1e-4
    for factor in (4, 8):
        assert highest_dbtp(rendered.audio, factor) <= ceiling + 0.01


ODD = {
    "silence": np.zeros((2, 20_000)),
    "huge": np.full((2, 20_000), 1e30) * np.sign(np.random.default_rng(0).standard_normal(20_000)),
    "infinite": np.full((2, 20_000), np.inf),
    "not a number": np.full((2, 20_000), np.nan),
    "denormal": np.full((2, 20_000), 1e-40),
    "offset": np.ones((2, 20_000)),
    "one sample": np.eye(2, 20_000, 500),
    "too short to measure": np.ones((2, 100)),
    "nothing": np.zeros((2, 0)),
}


@pytest.mark.parametrize("stem", ODD.values(), ids=ODD)
@pytest.mark.parametrize("edge", ["minimum", "default", "maximum"])
def test_nothing_gets_a_sample_that_is_not_finite_out_of_it(stem, edge):
    values = [{p.name: getattr(p, edge) for p in s} for s in (STRIP, REVERB, DELAY, MASTER)]
    settings = Settings((values[0], values[0]), *values[1:])
    stem = stem.astype(np.float32)
    rendered = render([stem, stem[:1]], settings)
    assert rendered.audio.shape == stem.shape
    assert np.isfinite(rendered.audio).all()
    assert np.abs(rendered.audio).max(initial=0.0) <= 10 ** (-1 / 20)


def test_silence_stays_silence():
    rendered = render([np.zeros((2, RATE), np.float32)], typical_settings(1))
    assert not rendered.audio.any()
    assert rendered.measurements.lufs == float("-inf")
    assert rendered.gain_db == 0.0


def test_faders_down_are_silence_too():
    settings = Settings.from_json({"version": 1, "strips": [{"fader_db": -48.0}]})
    assert not render([multitrack(0.5)[0]], settings).audio.any()


def test_neutral_settings_only_sum_and_set_the_level():
    stems = multitrack(1.0, (2, 2))
    rendered = render(stems, Settings.from_json(
        {"version": 1, "strips": [{}, {}], "master": {"target_lufs": -24.0}}))  # fmt: skip
    gain = 10 ** (rendered.gain_db / 20)
    body = slice(0, -round(0.03 * RATE))
    assert snr_db((stems[0] + stems[1])[:, body] * gain, rendered.audio[:, body]) > 90


def test_the_last_samples_fade_to_nothing():
    audio = render(multitrack(1.0), typical_settings(4)).audio
    assert np.abs(audio[:, -1]).max() < 1e-6


def test_processed_stems_add_up_to_the_mix_without_buses_and_master():
    stems = multitrack(0.8)
    settings = random_settings(4, 5)
    settings.reverb["return_db"] = settings.delay["return_db"] = -48.0
    settings.master.update({p.name: p.default for p in MASTER})
    parts = list(process_stems(stems, settings))
    mix = console._mixdown(stems, settings, 0, stems[0].shape[1], RATE, lambda share: None)
    assert all(part.shape == mix.shape for part in parts)
    assert snr_db(mix, sum(parts)) > 90


def test_progress_rises_to_one():
    heard = []
    render(multitrack(1.0), typical_settings(4), progress=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    assert len(heard) > 3


def test_wrong_stems_are_refused():
    one = np.zeros((2, 1000), np.float32)
    for stems in ([one, one[:, :900]], [one[0], one[0]], [np.zeros((3, 1000))] * 2):
        with pytest.raises(ValueError, match="stem"):
            render(stems, Settings.default(2))
    with pytest.raises(SettingsInvalid):
        render([one], Settings.default(2))
    with pytest.raises(ValueError, match="rate"):
        render([one], Settings.default(1), sample_rate=8000)
    for start, stop in ((-1, 10), (10, 10), (0, 1001)):
        with pytest.raises(ValueError, match="Section"):
            render_section([one], Settings.default(1), start=start, stop=stop)


def test_settings_outside_the_table_are_refused():
    settings = Settings.default(1)
    settings.strips[0]["pan"] = float("nan")
    with pytest.raises(SettingsInvalid):
        render([np.zeros((2, 1000), np.float32)], settings)


def test_warm_up_leaves_nothing_to_compile(monkeypatch):
    warm_up()
    from mixing.audio import channel_strips, limiter, reverb

    kernels = [channel_strips._run, limiter._smooth_gains, reverb._run]
    before = [len(kernel.signatures) for kernel in kernels]
    assert min(before) > 0
    render_section(multitrack(1.0), typical_settings(4), start=9000, stop=40_000)
    assert [len(kernel.signatures) for kernel in kernels] == before


def test_one_core_and_many_give_the_same_samples(monkeypatch):
    stems, settings = multitrack(2.0) * 3, typical_settings(12)  # more than one group of lanes
    mixes = []
    for cores in (1, 4):
        monkeypatch.setattr(console, "cores", lambda cores=cores: cores)
        mixes.append(render(stems, settings).audio)
    np.testing.assert_array_equal(*mixes)
