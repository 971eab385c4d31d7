"""The console once more, plainly, in float64 NumPy and SciPy: what the compiled one must equal.

Slow and obvious on purpose: whole signals instead of chunks, direct-form filters, sample loops in
Python where there is recursion. Only declared data (parameter values, filter coefficients that
have tests of their own, delay lengths) is shared with the renderer.
"""

import numpy as np
from scipy.linalg import hadamard
from scipy.ndimage import minimum_filter1d, uniform_filter1d
from scipy.signal import lfilter, sosfilt

from mixing.audio import biquad, mid_side, multiband, reverb, saturation
from mixing.audio.loudness import k_weighting
from mixing.audio.true_peak import TAPS, interpolator


def db(level):
    return 10.0 ** (level / 20.0)


def off_or(level):
    return 0.0 if level <= -48.0 else db(level)


def render(stems, settings, rate=44_100, fade_ms=30.0):
    """The mix (2, samples) before loudness gain and limiter."""
    length = stems[0].shape[1]
    mix, to_reverb, to_delay = np.zeros((3, 2, length))
    for stem, strip in zip(stems, settings.strips, strict=True):
        out = channel_strip(stem, strip, rate)
        mix += out
        to_reverb += out * off_or(strip["reverb_send_db"])
        to_delay += out * off_or(strip["delay_send_db"])
    mix += reverberate(to_reverb, settings.reverb, rate) * off_or(settings.reverb["return_db"])
    mix += echo(to_delay, settings.delay, rate) * off_or(settings.delay["return_db"])
    mix = master_strip(mix, settings.master, rate)
    count = round(rate * fade_ms / 1000)
    mix[:, -count:] *= np.cos(np.linspace(0, np.pi / 2, count)) ** 2
    return saturated(mix, settings.master["saturation_drive_db"])


def channel_strip(stem, strip, rate):
    x = compress(equalise(stem, strip, rate), strip, rate)
    pan = strip["pan"]
    if len(x) == 1:
        out = np.concatenate([x * np.cos((pan + 1) * np.pi / 4), x * np.sin((pan + 1) * np.pi / 4)])
    else:
        out = widen(x, strip["width"])
        out[0] *= np.cos(max(pan, 0) * np.pi / 2)
        out[1] *= np.cos(max(-pan, 0) * np.pi / 2)
    return out * off_or(strip["fader_db"])


def master_strip(mix, master, rate):
    x = equalise_mid_side(equalise(mix, master, rate), master, rate)
    x = compress_bands(x, master, rate)
    return widen(compress(x, master, rate), master["width"])


def equalise_mid_side(x, master, rate):
    mid_rows, side_rows = mid_side.filters(master, rate)
    mid, side = sosfilt(mid_rows, (x[0] + x[1]) / 2), sosfilt(side_rows, (x[0] - x[1]) / 2)
    return np.stack([mid + side, mid - side])


def compress_bands(x, master, rate):
    names = ("low", "mid", "high")
    if all(master[f"{n}_ratio"] == 1 and master[f"{n}_gain_db"] == 0 for n in names):
        return x
    rows = multiband.crossover(master["low_crossover_hz"], master["high_crossover_hz"], rate)
    whole = np.zeros_like(x)
    for name, sos in zip(names, rows, strict=True):
        section = {
            "comp_threshold_db": master[f"{name}_threshold_db"],
            "comp_ratio": master[f"{name}_ratio"],
            "comp_makeup_db": master[f"{name}_gain_db"],
            "comp_attack_ms": master["multiband_attack_ms"],
            "comp_release_ms": master["multiband_release_ms"],
            "comp_knee_db": 6.0,
        }
        whole += compress(sosfilt(sos, x, axis=-1), section, rate)
    return whole


def saturated(x, drive_db):
    """The curve at four times the rate, and what it adds brought down again, by convolution."""
    if not drive_db:
        return x
    up, down = (kernel.astype(np.float64).reshape(4, 64) for kernel in saturation.kernels())
    added = np.zeros_like(x)
    for row, out in zip(x, added, strict=True):
        around = np.pad(row, 64)
        for phase in range(4):
            u = db(drive_db) * np.roll(np.correlate(around, up[phase], "same"), -1)
            held = np.clip(u, -1.5, 1.5)
            change = held - 4 / 27 * held**3 - u
            out += np.correlate(change, down[phase], "same")[64:-64]
    return x + added / db(drive_db)


def widen(x, width):
    mid, side = (x[0] + x[1]) / 2, (x[0] - x[1]) / 2
    return np.stack([mid + width * side, mid - width * side])


def equalise(x, section, rate):
    return sosfilt(biquad.equaliser(section, rate), np.asarray(x, np.float64), axis=-1)


def compress(x, section, rate):
    key = x
    if section.get("comp_sidechain_hz", 20.0) > 20.0:
        key = sosfilt(biquad.highpass(section["comp_sidechain_hz"], rate), x, axis=-1)
    level = 20 * np.log10(np.maximum(np.abs(key).max(axis=0), 1e-6))
    threshold, ratio = section["comp_threshold_db"], section["comp_ratio"]
    knee = max(section["comp_knee_db"], 1e-3)
    over = level - threshold
    curve = np.where(over >= knee / 2, over, (over + knee / 2) ** 2 / (2 * knee))
    wanted = (1 - 1 / ratio) * np.where(over <= -knee / 2, 0.0, curve)
    attack = np.exp(-1000 / (section["comp_attack_ms"] * rate))
    release = np.exp(-1000 / (section["comp_release_ms"] * rate))
    reduction, now = np.empty_like(wanted), 0.0
    for n, goal in enumerate(wanted.tolist()):
        pole = attack if goal > now else release
        now = pole * now + (1 - pole) * goal
        reduction[n] = now
    mix = section.get("comp_mix", 1.0)
    return x * (1 - mix + mix * db(section["comp_makeup_db"] - reduction))


def echo(sends, section, rate):
    delay = round(section["time_ms"] * rate / 1000)
    cos = np.cos(2 * np.pi * section["damping_hz"] / rate)
    pole = 2 - cos - np.sqrt((2 - cos) ** 2 - 1)
    wet = np.zeros_like(sends)
    line, out = np.array(sends), np.zeros(2)
    for n in range(delay, sends.shape[1]):
        out = (1 - pole) * line[:, n - delay] + pole * out
        crossed = section["ping_pong"] * out[::-1] + (1 - section["ping_pong"]) * out
        line[:, n] += section["feedback"] * crossed
        wet[:, n] = out
    return wet


def reverberate(sends, section, rate):
    unit = reverb.Reverb(section, rate)  # for the lengths of its lines and diffusers only
    predelay = round(section["predelay_ms"] * rate / 1000)
    x = np.pad(sends, ((0, 0), (predelay, 0)))[:, : sends.shape[1]]
    for channel, delays in enumerate(unit.diffusers):
        for delay in delays:
            g = 0.65  # v = x - g v[-d]; y = g v + v[-d]
            numerator, denominator = np.zeros((2, delay + 1))
            numerator[[0, delay]], denominator[[0, delay]] = (g, 1), (1, g)
            x[channel] = lfilter(numerator, denominator, x[channel])
    return network(x, unit.lengths, section, rate)


def network(x, lengths, section, rate):
    g = 10.0 ** (-3 * lengths / (section["decay_s"] * rate))
    cos = np.cos(2 * np.pi * section["damping_hz"] / rate)
    pole = np.array([min(np.roots([1 - a**2, -2 * (1 - a**2 * cos), 1 - a**2]).real) for a in g])
    power = []
    for hz in np.geomspace(100, 8000, 64):
        loss = np.abs(g * (1 - pole) / (1 - pole * np.exp(-2j * np.pi * hz / rate))) ** 2
        power.append(8 * loss.mean() / (1 - loss.mean()))
    scale = 1 / np.sqrt(np.mean(power))
    matrix = hadamard(16) / 4
    turns = 2 * np.pi * 0.5 * (1.9 / 0.5) ** (np.arange(8) / 7) / rate
    line = np.arange(16)
    entry = np.where(line % 4 < 2, 1.0, -1.0)
    leave = np.where(line % 8 < 4, 1.0, -1.0)
    buffer = np.zeros((x.shape[1], 16))
    state, wet = np.zeros(16), np.zeros_like(x)
    for n in range(x.shape[1]):
        back = n - lengths
        arrived = np.where(back >= 0, buffer[np.maximum(back, 0), line], 0.0)
        state = g * (1 - pole) * arrived + pole * state
        wet[0, n] = (leave * state)[0::2].sum()
        wet[1, n] = (leave * state)[1::2].sum()
        mixed = matrix @ state
        turned = np.exp(1j * turns * n) * (mixed[:8] + 1j * mixed[8:])
        buffer[n] = scale * entry * x[line % 2, n] + np.concatenate([turned.real, turned.imag])
    return wet


def loudness(audio, rate):
    """Integrated loudness straight from the text of BS.1770-4."""
    z = sosfilt(k_weighting(rate), np.asarray(audio, np.float64), axis=-1) ** 2
    block, step = round(0.4 * rate), round(0.1 * rate)
    starts = range(0, audio.shape[1] - block + 1, step)
    power = np.array([z[:, s : s + block].mean(axis=1).sum() for s in starts])
    power = power[-0.691 + 10 * np.log10(power + 1e-30) > -70]
    relative = -0.691 + 10 * np.log10(power.mean()) - 10
    power = power[-0.691 + 10 * np.log10(power) > relative]
    return -0.691 + 10 * np.log10(power.mean())


def limit(mix, gain, ceiling_dbtp, rate):
    """The look-ahead limiter by whole-signal filters, on the peaks of eight samples each."""
    points = np.abs(mix)
    for weights in interpolator(8).astype(np.float64):
        full = np.stack([np.convolve(row, weights[::-1]) for row in mix])
        first = TAPS // 2
        points = np.maximum(points, np.abs(full[:, first : first + mix.shape[1]]))
    count = mix.shape[1]
    groups = -(-count // 8)
    peak = np.pad(points.max(axis=0), (0, 8 * groups - count)).reshape(-1, 8).max(axis=1) * gain
    allowed = np.minimum(1.0, db(ceiling_dbtp - 0.3) / np.maximum(peak, 1e-12))
    reach = max(1, round(0.001 * rate / 8))
    around = 4 * reach + 2
    padded = np.pad(allowed, around, constant_values=1.0)
    held = minimum_filter1d(padded, 2 * (2 * reach + 2) + 1, mode="nearest")
    release, now = np.exp(-8 * 1000 / (90.0 * rate)), 1.0
    for n, value in enumerate(held.tolist()):
        now = min(value, 1 - release * (1 - now))
        held[n] = now
    smooth = uniform_filter1d(uniform_filter1d(held, 2 * reach + 1), 2 * reach + 1)
    middles = np.arange(groups) * 8 + 3.5
    return mix * gain * np.interp(np.arange(count), middles, smooth[around:-around])
