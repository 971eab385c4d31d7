"""The console: stems and settings in, the finished mix out.

    stems -> channel strips -> mix bus ------------------------+
                         \\-> sends -> reverb, delay -> returns -+-> master strip -> loudness
                                                                   gain and limiter -> mix

The song runs through in chunks whose intermediate signals stay in the cache; every processor
keeps its state from chunk to chunk, so the chunk's size does not change the result.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio import SAMPLE_RATE
from mixing.audio.channel_strips import StripBank, gain
from mixing.audio.delay import Delay
from mixing.audio.master import MasterStrip
from mixing.audio.mastering import finish
from mixing.audio.measurements import Measurements
from mixing.audio.parameters import OFF_DB, Settings, SettingsInvalid
from mixing.audio.reverb import Reverb

CHUNK: Final = 16384
_AHEAD: Final = 2
_FADE_OUT_MS: Final = 30.0
_LONGEST_LEAD_IN_S: Final = 6.0
_LIMITER_LEAD_IN_S: Final = 0.25
_LEAD_OUT_S: Final = 0.05
_SAMPLE_RATES: Final = range(22_050, 192_001)

Audio = NDArray[np.float32]
Stems = Sequence[Audio]
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Rendered:
    """A finished mix: (2, samples), its figures, and the loudness gain it was turned up by."""

    audio: Audio
    measurements: Measurements
    gain_db: float


def render(
    stems: Stems,
    settings: Settings,
    *,
    sample_rate: int = SAMPLE_RATE,
    progress: Progress | None = None,
) -> Rendered:
    """Mix ``stems``, each (1 or 2, samples) of one length, through the console.

    The same input gives the same samples. The output is finite and its true peak does not exceed
    ``ceiling_dbtp``; its integrated loudness is ``target_lufs`` unless the limiter would have to
    work too hard for that. Silence stays silence. The last 30 ms fade, so that no tail is cut
    with a click. ``progress`` hears rising shares of the work, ending with 1.

    Raises:
        ValueError: stems of wrong shape or unequal length, or not one strip per stem.
        SettingsInvalid: values outside the parameter table.
    """
    checked = _checked(stems, settings, sample_rate)
    report = progress or (lambda share: None)
    mix = _mixdown(checked, settings, 0, checked[0].shape[1], sample_rate, report)
    _fade_out(mix, sample_rate)
    return _rendered(mix, settings, None, slice(None), sample_rate, report)


def render_section(
    stems: Stems,
    settings: Settings,
    *,
    start: int,
    stop: int,
    gain_db: float | None = None,
    position: int = 0,
    sample_rate: int = SAMPLE_RATE,
    progress: Progress | None = None,
) -> Rendered:
    """Mix samples ``start`` to ``stop`` only, sounding like that part of the full render.

    Filters, compressors, echoes and reverb run in on the music before ``start``. The loudness gain
    of the whole song is not known here: pass ``gain_db`` of a full render to have exactly its
    level, else the section itself is brought to ``target_lufs``. Stems cut out of the song say
    with ``position`` which of its samples they begin with.

    Raises:
        ValueError: an empty section or one outside the song, and as ``render``.
        SettingsInvalid: values outside the parameter table.
    """
    checked = _checked(stems, settings, sample_rate)
    if not 0 <= start < stop <= checked[0].shape[1]:
        raise ValueError(f"Section {start} to {stop} is not inside the song.")
    report = progress or (lambda share: None)
    first = max(0, start - round(lead_in_s(settings) * sample_rate))
    last = min(checked[0].shape[1], stop + round(_LEAD_OUT_S * sample_rate))
    mix = _mixdown(checked, settings, first, last, sample_rate, report, position=position)
    if last == checked[0].shape[1]:
        _fade_out(mix, sample_rate)
    limited_from = max(first, start - round(_LIMITER_LEAD_IN_S * sample_rate))
    around = np.ascontiguousarray(mix[:, limited_from - first :])
    section = slice(start - limited_from, stop - limited_from)
    return _rendered(around, settings, gain_db, section, sample_rate, report)


def process_stems(
    stems: Stems, settings: Settings, *, sample_rate: int = SAMPLE_RATE
) -> Iterator[Audio]:
    """Each strip's output (2, samples) after fader and pan: dry, before buses and master.

    Raises:
        ValueError, SettingsInvalid: as ``render``.
    """
    checked = _checked(stems, settings, sample_rate)
    return (
        _alone(stem, strip, sample_rate)
        for stem, strip in zip(checked, settings.strips, strict=True)
    )


def warm_up() -> None:
    """Compile the kernels, or load them from the cache, before the first listener waits."""
    noise = np.random.default_rng(0).standard_normal((2, 2 * CHUNK)).astype(np.float32)
    settings = Settings.from_json(
        {
            "version": 1,
            "strips": [{"reverb_send_db": 0.0, "delay_send_db": 0.0, "comp_ratio": 2.0}] * 2,
            "master": {"comp_ratio": 2.0},
        }
    )
    render([noise, noise[:1]], settings)


def lead_in_s(settings: Settings) -> float:
    """Seconds of music that the console needs to hear before it sounds as if it always had.

    Compressors get four times their release, the reverb the time to fade by 45 dB, the delay the
    time for its echoes to fade by as much.
    """
    sections = [*settings.strips, settings.master]
    needs = [0.25]
    needs += [4 * s["comp_release_ms"] / 1000 for s in sections if s["comp_ratio"] > 1]
    if any(settings.master[f"{band}_ratio"] > 1 for band in ("low", "mid", "high")):
        needs.append(4 * settings.master["multiband_release_ms"] / 1000)
    if any(s["reverb_send_db"] > OFF_DB for s in settings.strips):
        needs.append(settings.reverb["predelay_ms"] / 1000 + 0.75 * settings.reverb["decay_s"])
    if any(s["delay_send_db"] > OFF_DB for s in settings.strips):
        fade_db = -20 * np.log10(max(settings.delay["feedback"], 1e-3))
        needs.append(settings.delay["time_ms"] / 1000 * (1 + 45.0 / fade_db))
    return float(min(max(needs), _LONGEST_LEAD_IN_S))


def _checked(stems: Stems, settings: Settings, sample_rate: int) -> list[Audio]:
    if sample_rate not in _SAMPLE_RATES:
        raise ValueError(f"Sample rate {sample_rate} is not between 22050 and 192000.")
    Settings.from_json(settings.to_json())
    arrays = [np.asarray(stem, np.float32) for stem in stems]
    if any(a.ndim != 2 or a.shape[0] not in (1, 2) for a in arrays):
        raise ValueError("Every stem must have shape (1 or 2, samples).")
    if len({a.shape[1] for a in arrays}) > 1:
        raise ValueError("All stems must have the same length.")
    if len(arrays) != len(settings.strips):
        raise SettingsInvalid(
            f"{len(arrays)} stems need as many strips, not {len(settings.strips)}."
        )
    return arrays


def _mixdown(
    stems: Sequence[Audio],
    settings: Settings,
    start: int,
    stop: int,
    sample_rate: int,
    report: Progress,
    chunk: int = CHUNK,
    position: int = 0,
) -> Audio:
    """The master strip's output (2, stop - start) for that stretch of the stems."""
    master = MasterStrip(settings.master, sample_rate)
    reverb = _reverb(settings, sample_rate, position + start)
    delay = _delay(settings, sample_rate)
    mix = np.empty((2, stop - start), np.float32)
    done = 0
    bank = StripBank(stems, settings.strips, sample_rate)
    spans = [(at, min(at + chunk, stop)) for at in range(start, stop, chunk)]
    for buses in _bus_chunks(bank, spans):
        bus = buses[:2]
        if reverb is not None:
            bus += reverb.process(buses[2:4]) * np.float32(gain(settings.reverb["return_db"]))
        if delay is not None:
            bus += delay.process(buses[4:6]) * np.float32(gain(settings.delay["return_db"]))
        mix[:, done : done + bus.shape[1]] = master.process(bus)
        done += bus.shape[1]
        report(0.8 * done / (stop - start))
    return mix


def _bus_chunks(bank: StripBank, spans: Sequence[tuple[int, int]]) -> Iterator[Audio]:
    """The buses of one stretch after the other; other cores work ahead, if there are any.

    Every group of strips has a thread of its own, which keeps its stretches in order, and the
    groups are added up in their order: how many cores there are changes no sample.
    """
    if cores() == 1:
        yield from (bank.process(*span) for span in spans)
        return
    with ExitStack() as stack:
        threads = [stack.enter_context(ThreadPoolExecutor(1, "strips")) for _ in range(bank.groups)]
        made: deque[list[Future[Audio]]] = deque()
        for span in spans:
            made.append([t.submit(bank.process_group, g, *span) for g, t in enumerate(threads)])
            if len(made) > _AHEAD:
                yield _added(made.popleft())
        while made:
            yield _added(made.popleft())


def _added(groups: Sequence[Future[Audio]]) -> Audio:
    first, *others = (group.result() for group in groups)
    for other in others:
        first += other
    return first


def cores() -> int:
    """How many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _reverb(settings: Settings, sample_rate: int, position: int) -> Reverb | None:
    """The reverb bus, unless nothing is sent to it or comes back."""
    sent = any(strip["reverb_send_db"] > OFF_DB for strip in settings.strips)
    heard = settings.reverb["return_db"] > OFF_DB
    return Reverb(settings.reverb, sample_rate, position) if sent and heard else None


def _delay(settings: Settings, sample_rate: int) -> Delay | None:
    """The delay bus, unless nothing is sent to it or comes back."""
    sent = any(strip["delay_send_db"] > OFF_DB for strip in settings.strips)
    heard = settings.delay["return_db"] > OFF_DB
    return Delay(settings.delay, sample_rate) if sent and heard else None


def _rendered(
    mix: Audio,
    settings: Settings,
    gain_db: float | None,
    section: slice,
    sample_rate: int,
    report: Progress,
) -> Rendered:
    finished = finish(mix, settings.master, gain_db, section, sample_rate)
    report(1.0)
    return Rendered(*finished)


def _fade_out(mix: Audio, sample_rate: int) -> None:
    count = min(mix.shape[1], round(_FADE_OUT_MS * sample_rate / 1000))
    ramp = np.cos(np.linspace(0, np.pi / 2, count)) ** 2
    mix[:, mix.shape[1] - count :] *= ramp.astype(np.float32)


def _alone(stem: Audio, strip: dict[str, float], sample_rate: int) -> Audio:
    dry = {**strip, "reverb_send_db": OFF_DB, "delay_send_db": OFF_DB}
    bank = StripBank([stem], [dry], sample_rate)
    count = stem.shape[1]
    out = np.empty((2, count), np.float32)
    for at in range(0, count, CHUNK):
        end = min(at + CHUNK, count)
        out[:, at:end] = bank.process(at, end)[:2]
    return out
