"""What ``train_mixers`` and ``evaluate_mixers`` both ask: which songs, kept where."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from mixing.networks.material import Material
from mixing.networks.sources.choosing import chosen
from mixing.networks.sources.songs import DataUnusable, Source
from mixing.networks.sources.synthesiser import Synthesiser
from mixing.training_songs import AgreedSongs

DATA_HELP = (
    "where songs come from: synth, songs (of this installation, whose owners agreed), folder:PATH,"
    " musdb18:PATH, medleydb:PATH, cambridge:PATH or moisesdb:PATH, each with =WEIGHT behind it if"
    " you like; several are mixed by their weights (default: synth)"
)


def add_material_arguments(parser: ArgumentParser) -> None:
    """Arguments that ``material_of`` reads."""
    parser.add_argument("--data", nargs="+", default=["synth"], metavar="SOURCE", help=DATA_HELP)
    parser.add_argument("--songs", type=int, default=600, help="synthesised songs to train on")
    parser.add_argument("--validation", type=int, default=32, help="synthesised ones to validate")
    parser.add_argument("--held-out", type=int, default=64, help="synthesised ones to test on")
    parser.add_argument("--listened", type=int, default=12, help="synthesised ones to render")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of synthesised songs")
    parser.add_argument("--cache-dir", type=Path, default=settings.DATA_DIR / "training")


def material_of(
    options: Mapping[str, Any], tell: Callable[[str], None], *, views: int = 0
) -> Material:
    """The songs that were asked for. Raises DataUnusable for sources that do not exist."""
    if options["listened"] < 1:
        raise DataUnusable("At least one song must be rendered: --listened 1 or more.")

    def synthesiser() -> Source:
        counts = (options["songs"], options["validation"], options["held_out"])
        return Synthesiser(*counts, seconds=options["seconds"])

    built_in: dict[str, Callable[[], Source]] = {"synth": synthesiser, "songs": AgreedSongs}
    return Material(
        options["cache_dir"],
        [chosen(asked, built_in) for asked in options["data"]],
        listened=options["listened"],
        views=views,
        tell=tell,
        progress=sys.stderr.isatty(),
    )
