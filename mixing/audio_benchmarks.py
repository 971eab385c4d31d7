"""The benchmarks of this app: rendering, features and inference, each beside a peer."""

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
    register("render", "The console against pedalboard.", _with_threads, _render)
    register("features", "Log-mel features against torch.", _size, _features)
    register("inference", "The networks in ONNX against torch.", _size, _inference)


def _size(parser: ArgumentParser) -> None:
    parser.add_argument("--stems", type=between(1, MAX_STRIPS), default=8, help="stereo stems")
    parser.add_argument("--seconds", type=between(1, 900), default=180, help="of the song")
    parser.add_argument("--runs", type=between(1, 100), default=3, help="medians are of these")


def _with_threads(parser: ArgumentParser) -> None:
    _size(parser)
    parser.add_argument(
        "--threads", type=between(1, os.cpu_count() or 1), help="cores (all unless given)"
    )


def _render(options: Mapping[str, Any], progress: Progress) -> Figures:
    from mixing.benchmarks import render

    return render.measure(render.Job(*_of(options), options["threads"]), progress)


def _features(options: Mapping[str, Any], progress: Progress) -> Figures:
    from mixing.benchmarks import features

    return features.measure(*_of(options), progress)


def _inference(options: Mapping[str, Any], progress: Progress) -> Figures:
    from mixing.benchmarks import inference

    try:
        return inference.measure(*_of(options), Path(settings.MODELS_ROOT), progress)
    except (ModelInvalid, ModelUnavailable) as error:
        raise BenchmarkFailed(str(error)) from error


def _of(options: Mapping[str, Any]) -> tuple[int, float, int]:
    return options["stems"], float(options["seconds"]), options["runs"]
