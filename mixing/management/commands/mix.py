"""``manage.py mix``: mix a folder of stems without a browser."""

import json
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q
from tqdm import tqdm

from mixing import folder_mix, selectors, sessions
from mixing.audio.errors import AudioRejected
from mixing.models import Mixer
from mixing.networks.errors import ModelInvalid, ModelUnavailable


class Command(BaseCommand):
    help = "Mix the audio files of a folder; prints one line of JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        formats = ", ".join(folder_mix.writers())
        parser.add_argument("folder", type=Path, help="folder of stems, one file each")
        parser.add_argument("-o", "--output", type=Path, required=True, help=f"a {formats} file")
        parser.add_argument("--mixer", default="balanced", help="name of an installed mixer")
        parser.add_argument("--preview", action="store_true", help="only the best 30 seconds")

    def handle(self, *, folder: Path, output: Path, mixer: str, preview: bool, **_: Any) -> None:
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder.")
        if output.suffix.lower() not in folder_mix.writers():
            raise CommandError(f"Write to one of {', '.join(folder_mix.writers())}.")
        _check_writable(output)
        found = folder_mix.sort_files(folder, besides=output)
        for name in found.skipped:
            self.stderr.write(f"{name} is not audio and is left out.")
        chosen = _mixer(mixer)
        try:
            outcome = self._mix(found.stems, chosen, preview)
        except (AudioRejected, folder_mix.FileRejected, ModelInvalid, ModelUnavailable) as error:
            raise CommandError(str(error)) from error
        try:
            settings = folder_mix.write(outcome, output)
        except OSError as error:
            raise _unwritable(output, error) from error
        line = {"output": str(output), "settings": str(settings), "mixer": chosen.slug}
        self.stdout.write(json.dumps(line | outcome.as_json()))

    def _mix(self, files: list[Path], mixer: Mixer, preview: bool) -> folder_mix.Outcome:
        bar = tqdm(total=100, unit="%", leave=False, disable=not sys.stderr.isatty())

        def report(stage: str, share: float) -> None:
            bar.set_description(stage, refresh=False)
            bar.update(100 * share - bar.n)

        with bar, tempfile.TemporaryDirectory() as scratch:
            return folder_mix.mix_files(
                files,
                sessions.embedder(mixer),
                sessions.head(mixer),
                scratch=Path(scratch),
                preview=preview,
                report=report,
            )


def _check_writable(output: Path) -> None:
    """Complain before the work and not after it."""
    if not output.parent.is_dir():
        raise CommandError(f"{output.parent} is not a folder.")
    if output.is_dir():
        raise CommandError(f"{output} is a folder.")
    try:
        with tempfile.TemporaryFile(dir=output.parent):
            pass
    except OSError as error:
        raise _unwritable(output, error) from error


def _unwritable(output: Path, error: OSError) -> CommandError:
    return CommandError(f"{output} cannot be written: {error.strerror}.")


def _mixer(name: str) -> Mixer:
    listed = selectors.listed_mixers()
    mixer = listed.filter(Q(slug=name) | Q(name__iexact=name)).first()
    if mixer is None:
        names = ", ".join(listed.values_list("slug", flat=True))
        known = f"Installed: {names}." if names else "Run install_house_mixers first."
        raise CommandError(f"There is no mixer named {name!r}. {known}")
    return mixer
