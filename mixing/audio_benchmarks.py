"""The benchmarks of this app: rendering, features, inference and the networks' variants."""

import os
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from mixing.audio.parameters import MAX_STRIPS
from mixing.benchmarking import BenchmarkFailed, Figures, Progress, between, register
from mixing.networks.errors import ModelInvalid, ModelUnavailable


def register_all() -> None:
    register("render", "The console against pedalboard.", _sizes, _render)
    register("features", "Log-mel features against torch.", _size, _features)
    register("inference", "The networks in ONNX against torch.", _size, _inference)
    register("quantise", "The networks in fp32, fp16 and int8.", _songs, _quantise)


def _size(parser: ArgumentParser) -> None:
    parser.add_argument("--stems", type=between(1, MAX_STRIPS), default=8, help="stereo stems")
    parser.add_argument("--seconds", type=between(1, 900), default=180, help="of the song")
    parser.add_argument("--runs", type=between(1, 100), default=3, help="medians are of these")


def _songs(parser: ArgumentParser) -> None:
    parser.add_argument("--songs", type=between(0, 3), default=3, help="demo songs to render")
    parser.add_argument("--seconds", type=between(1, 900), default=60, help="of each song")


def _sizes(parser: ArgumentParser) -> None:
    """As ``_size``, but several; what is not given, the benchmark decides."""
    threads = between(1, os.cpu_count() or 1)
    parser.add_argument("--stems", type=between(1, MAX_STRIPS), nargs="+", help="stereo stems")
    parser.add_argument("--seconds", type=between(1, 900), default=180, help="of the song")
    parser.add_argument("--runs", type=between(1, 100), default=3, help="medians are of these")
    parser.add_argument("--threads", type=threads, nargs="+", help="cores to use")
    parser.add_argument("--price", type=float, help="of one core for one hour, in any currency")


def _render(options: Mapping[str, Any], progress: Progress) -> Figures:
    from mixing.benchmarks import render

    names = ("stems", "seconds", "runs", "threads", "price")
    given = {name: options[name] for name in names if options[name] is not None}
    return render.measure(render.Plan(**given), progress)


def _features(options: Mapping[str, Any], progress: Progress) -> Figures:
    from mixing.benchmarks import features

    return features.measure(*_of(options), progress)


def _inference(options: Mapping[str, Any], progress: Progress) -> Figures:
    from mixing.benchmarks import inference

    try:
        return inference.measure(*_of(options), Path(settings.MODELS_ROOT), progress)
    except (ModelInvalid, ModelUnavailable) as error:
        raise BenchmarkFailed(str(error)) from error


def _quantise(options: Mapping[str, Any], progress: Progress) -> Figures:
    from mixing.benchmarks import quantise

    songs, seconds = options["songs"], float(options["seconds"])
    try:
        return quantise.measure(songs, seconds, Path(settings.MODELS_ROOT), progress)
    except (ModelInvalid, ModelUnavailable) as error:
        raise BenchmarkFailed(str(error)) from error


def _of(options: Mapping[str, Any]) -> tuple[int, float, int]:
    return options["stems"], float(options["seconds"]), options["runs"]
