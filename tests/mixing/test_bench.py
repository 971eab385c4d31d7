"""The benchmarks: whole reports at tiny sizes. How long anything takes is nobody's assertion."""

import json
import math
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from mixing import benchmarking
from mixing.audio import SAMPLE_RATE
from mixing.audio.parameters import Settings as Console
from mixing.benchmarks import features, inference, measuring, pedalboard_console, quantise, render
from mixing.benchmarks.material import busy_settings, multitrack
from mixing.benchmarks.measuring import Timing, in_fresh_process
from mixing.networks.formats import PRECISIONS

SIZE = ("--stems", "2", "--seconds", "1", "--runs", "1")


def bench(what: str, *options: str) -> dict[str, Any]:
    """The report of a tiny run: one JSON object, alone on its output."""
    out, err = StringIO(), StringIO()
    call_command("bench", what, *SIZE, *options, stdout=out, stderr=err)
    assert out.getvalue().count("\n") == 1
    assert err.getvalue()
    report = json.loads(out.getvalue())
    assert (report["benchmark"], report["stems"], report["seconds"], report["runs"]) == (
        what, 2, 1.0, 1,
    )  # fmt: skip
    return dict(report)


def assert_measured(*numbers: float) -> None:
    assert all(math.isfinite(number) and number > 0 for number in numbers)


def assert_rendered(figures: dict[str, Any]) -> None:
    for length in ("full", "preview"):
        assert set(figures[length]) == {"seconds", "cpu_seconds", "times_real_time"}
        assert_measured(*figures[length].values())
    names = ("first_render_s", "peak_rss_mib", "threads")
    assert_measured(*(figures[name] for name in names))


def test_rendering_is_compared_with_pedalboard() -> None:
    pytest.importorskip("pedalboard")
    report = bench("render", "--threads", "1")
    assert_rendered(report)
    assert_rendered(report["peer"])
    assert_measured(report["process_start_s"], report["peer"]["process_start_s"])
    assert report["threads"] == report["peer"]["threads"] == 1
    assert report["peer"]["version"] == version("pedalboard")
    assert_measured(report["ratio"], report["ratio_preview"], report["ratio_cpu"])
    (size,) = report["sizes"]
    assert size.items() >= {"stems": 2, "threads": 1, "ratio": report["ratio"]}.items()
    assert (size["full"], size["peer"]["full"]) == (report["full"], report["peer"]["full"])
    assert size["stems_mib"] == pytest.approx(2 * 2 * 4 * SAMPLE_RATE / 2**20, abs=0.1)
    assert report["growth"] is None  # one size makes no line


def test_without_pedalboard_the_report_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pedalboard", None)
    monkeypatch.setattr(render, "in_fresh_process", lambda work, *args: work(*args))
    monkeypatch.setattr(render, "confine", lambda cores: cores)  # that would last
    report = bench("render", "--threads", "1", "--price", "0.5")
    assert_rendered(report)
    assert report["peer"]["name"] == "pedalboard"
    assert report["peer"]["version"] is None
    assert "dev extra" in report["peer"]["missing"]
    assert [report[f"ratio{kind}"] for kind in ("", "_preview", "_cpu")] == [None, None, None]
    assert report["sizes"][0]["peer"] is None
    assert report["economy"]["price_per_core_hour"] == 0.5


@pytest.fixture
def without_librosa(monkeypatch: pytest.MonkeyPatch) -> None:
    """It compiles for half a minute when it is first called."""

    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(features, "version", missing)


@pytest.mark.usefixtures("without_librosa")
def test_features_are_compared_with_torch_and_plain_files() -> None:
    report = bench("features")
    assert report["peer"]["name"] == "torch.stft"
    timings = [report["log_mel"], report["peer"]]
    assert_measured(*(t["seconds"] for t in timings), *(t["times_real_time"] for t in timings))
    assert_measured(report["ratio"], report["ratio_cpu"])
    # Both compute in float32; bands near the floor of -100 dB carry its rounding.
    assert report["largest_difference_db"] < 0.05
    assert report["librosa"]["version"] is None
    assert "dev extra" in report["librosa"]["missing"]
    stored = report["stored"]
    assert stored["wav_16_bit_bytes"] == 2 * 2 * 2 * SAMPLE_RATE
    assert 0 < stored["bytes"] < 0.1 * stored["wav_16_bit_bytes"]
    assert stored["smaller_than_wav"] == round(1 - stored["bytes"] / stored["wav_16_bit_bytes"], 4)
    assert set(stored["read_cpu_ms"]) >= {"compressed_whole", "mapped_whole", "statistics"}


@pytest.mark.slow
def test_librosa_hears_the_same() -> None:
    pytest.importorskip("librosa")
    report = bench("features")["librosa"]
    assert report["version"] == version("librosa")
    assert_measured(report["ratio"], report["ratio_cpu"])
    assert report["largest_difference_db"] < 0.01


def test_variants_are_compared(settings: Settings, models_root: Path) -> None:
    settings.MODELS_ROOT = models_root
    before = {path.name for path in models_root.iterdir()}
    out = StringIO()
    call_command("bench", "quantise", "--songs", "0", stdout=out, stderr=StringIO())
    report = json.loads(out.getvalue())
    assert {path.name for path in models_root.iterdir()} == before
    for network in ("encoder", "head"):
        sizes = [report[network][precision]["bytes"] for precision in PRECISIONS]
        assert sizes[0] > sizes[1]
        assert (
            report[network]["fp32"]["worst_steps"] == 0.0 < report[network]["int8"]["worst_steps"]
        )
        assert_measured(*(report[network][p]["microseconds"] for p in PRECISIONS))
        assert report["recommendation"][network + "s" * (network == "head")] in PRECISIONS
    assert "audible steps at worst" in report["recommendation"]["why"]


def test_mixes_by_variants_are_compared_as_they_sound() -> None:
    stems, settings = multitrack(2, 4.0), busy_settings(2)
    exact = render.render(stems, settings)
    same = quantise.compare_mixes(render.render(stems, settings), exact)
    assert same["residual_db"] < -190
    assert same["loudness_lu"] == same["spectrum_worst_db"] == same["short_term_lu"] == 0.0
    louder = settings.to_json()
    louder["strips"][0]["fader_db"] += 3.0
    other = quantise.compare_mixes(render.render(stems, Console.from_json(louder)), exact)
    assert 0.1 < other["spectrum_worst_db"] < 3.1
    assert -30 < other["residual_db"] < 0


def test_the_reason_says_what_was_found() -> None:
    figures = {
        "fp32": {"bytes": 100, "microseconds": 10.0, "worst_steps": 0.0},
        "fp16": {"bytes": 50, "microseconds": 10.0, "worst_steps": 0.01},
        "int8": {"bytes": 30, "microseconds": 4.0, "worst_steps": 0.3},
    }
    assert quantise._reason("encoder", figures) == (
        "Load the encoder as fp32: fp16 takes 100% of the time and 50% of the size and is close "
        "enough (0.010 audible steps at worst); int8 takes 40% of the time and 30% of the size and "
        "is too far off (0.300 audible steps at worst)."
    )
    figures["int8"]["worst_steps"] = 0.1
    assert quantise._reason("head", figures).startswith("Load the head as int8: ")


def test_inference_is_compared_with_torch(settings: Settings, models_root: Path) -> None:
    settings.MODELS_ROOT = models_root
    report = bench("inference")
    assert (report["mixers"], report["device"], report["peer"]["name"]) == (5, "cpu", "torch")
    for timing in (report["networks"], report["peer"]["networks"]):
        assert_measured(timing["ms"], timing["cpu_ms"])
    assert_measured(report["ratio"], report["ratio_cpu"], report["ratio_naive"])
    for timing in ("stored_features_to_settings", "naive"):
        assert_measured(report[timing]["ms"], report[timing]["cpu_ms"])
    assert_measured(report["heads"]["one_by_one"]["ms"], report["heads"]["in_one_run"]["ms"])
    taken = report["stored_features_to_settings"]["ms"]
    assert report["within_budget"] == (taken < report["budget_ms"])
    assert report["largest_difference"] < 1e-4  # positions in 0..1, both in float32


def test_sizes_that_make_no_sense_are_refused() -> None:
    for options in (("--stems", "0"), ("--seconds", "x"), ("--runs", "-1"), ("--threads", "9999")):
        with pytest.raises(CommandError, match="whole number from 1 to"):
            bench("render", *options)


def test_an_app_adds_its_own_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(options: Mapping[str, Any], progress: benchmarking.Progress) -> dict[str, Any]:
        progress("Counting …")
        if not options["upto"]:
            raise benchmarking.BenchmarkFailed("nothing to count")
        return {"sum": sum(range(options["upto"]))}

    def add_arguments(parser: ArgumentParser) -> None:
        parser.add_argument("--upto", type=benchmarking.between(0, 9), default=4)

    monkeypatch.setattr(benchmarking, "_benchmarks", {})
    benchmarking.register("count", "Counts.", add_arguments, measure)
    out, err = StringIO(), StringIO()
    call_command("bench", "count", "--upto", "5", stdout=out, stderr=err)
    assert (json.loads(out.getvalue()), err.getvalue()) == ({"sum": 10}, "Counting …\n")
    with pytest.raises(CommandError, match="nothing to count"):
        call_command("bench", "count", "--upto", "0", stderr=err)
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("bench", "render")


def test_missing_weights_are_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    export = partial(inference.export_house_mixers, weights=tmp_path)
    monkeypatch.setattr(inference, "export_house_mixers", export)
    with pytest.raises(CommandError, match="model card"):
        bench("inference")


def test_the_song_is_always_the_same_and_every_stem_another() -> None:
    first, second = multitrack(2, 9.0)  # longer than the phrase that repeats
    assert first.shape == second.shape == (2, 9 * SAMPLE_RATE)
    np.testing.assert_array_equal(first, multitrack(1, 9.0)[0])
    assert 0.01 < np.abs(first).max() < 1.0
    assert np.abs(np.corrcoef(first[0], second[0])[0, 1]) < 0.5
    assert np.abs(np.corrcoef(*first)[0, 1]) < 0.999  # stereo in earnest


def test_the_peer_mixes_what_the_console_mixes() -> None:
    pytest.importorskip("pedalboard")
    stems, settings = multitrack(3, 2.0), busy_settings(3)
    mix = pedalboard_console.PedalboardConsole(settings).render(stems)
    own = render.render(stems, settings).audio
    assert mix.shape == own.shape
    assert np.isfinite(mix).all()
    # Other filters, compressors and reverb, no pan: alike in spectrum once the level is taken out.
    spectra = [features.log_mel(audio).mean(axis=0) for audio in (mix, own)]
    apart = spectra[0] - spectra[1]
    assert np.abs(apart - np.median(apart)).mean() < 3.0


def test_the_preview_is_the_middle_of_the_song() -> None:
    assert render.Job(seconds=40.0).section == (5 * SAMPLE_RATE, 35 * SAMPLE_RATE)
    assert render.Job(seconds=2.0).section == (0, 2 * SAMPLE_RATE)


def outcome(cpu_s: float, cores: int) -> render.Outcome:
    timing = Timing(cpu_s / cores, cpu_s)
    return render.Outcome(0.1, timing, timing, timing, 100.0, cores)


def test_every_size_that_there_are_cores_for_is_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "cores", lambda: 2)
    jobs = render.Plan(stems=[4, 8], threads=[1, 2, 64]).jobs
    assert [(job.stems, job.threads) for job in jobs] == [(8, 1), (4, 1), (4, 2), (8, 2)]
    assert render.Plan(stems=[3]).headline.stems == 3


def test_growth_is_the_line_through_the_sizes_on_the_fewest_cores() -> None:
    def row(stems: int, cpu_s: float, cores: int) -> tuple[render.Job, render.Outcome]:
        return render.Job(stems, 120.0, 1, cores), outcome(cpu_s, cores)

    rows = [row(8, 1.0, 1), row(4, 0.8, 1), row(32, 2.2, 1), row(8, 9.9, 2)]
    assert render._growth(rows) == {
        "cpu_s_per_stem_minute": 0.025, "cpu_s_per_minute": 0.3, "largest_deviation": 0.0,
    }  # fmt: skip
    bent = render._growth([*rows, row(16, 2.0, 1)])
    assert bent is not None
    assert bent["largest_deviation"] > 0.1


def test_a_core_for_a_day_makes_mixes_at_a_price() -> None:
    assert render.economy(Timing(0.3, 0.5), 0.036) == {
        "mixes_per_core_and_day": 172_800,
        "price_per_core_hour": 0.036,
        "cost_per_thousand_mixes": 0.005,
    }


def test_the_peer_mixes_the_same_on_two_threads() -> None:
    pytest.importorskip("pedalboard")
    stems, settings = multitrack(3, 0.5), busy_settings(3)
    one, two = (pedalboard_console.PedalboardConsole(settings, n).render(stems) for n in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_figures_count_song_time_and_medians(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Timing(2.0, 3.0).against(180.0) == {
        "seconds": 2.0, "cpu_seconds": 3.0, "times_real_time": 90.0,
    }  # fmt: skip
    timings = iter([Timing(9.0, 1.0), Timing(1.0, 2.0), Timing(2.0, 9.0)])
    monkeypatch.setattr(measuring, "once", lambda work: next(timings))
    assert measuring.median(lambda: None, 3) == Timing(2.0, 2.0)


def test_a_fresh_process_has_memory_of_its_own() -> None:
    mine = np.ones(40 << 17)  # 40 MiB that the child must not be charged for
    assert in_fresh_process(measuring.peak_rss_mib) < measuring.peak_rss_mib() - mine.nbytes / 2**21
    assert in_fresh_process(measuring.confine, 1) == 1
    with pytest.raises(ZeroDivisionError):
        in_fresh_process(divmod, 1, 0)
