"""Garbage collection of models, over registries drawn by chance: what is needed stays."""

import os
import random
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from mixing import collecting
from mixing.models import ChosenSettings, Mix, Mixer, ModelVariant, Slot, SlotMove, Song
from mixing.networks.formats import PRECISIONS

AGE = timedelta(hours=7).total_seconds()
AT_WORK = (Mixer.Status.LISTED, Mixer.Status.CANDIDATE)


@pytest.fixture
def root(settings: Settings, tmp_path: Path, db: None) -> Path:
    settings.MODELS_ROOT = tmp_path / "models"
    settings.MODELS_ROOT.mkdir()
    return tmp_path / "models"


class Registry:
    """Mixers with files and references, all drawn from one seed."""

    def __init__(self, root: Path, seed: int, song: Song) -> None:
        self.root, self.rng, self.song = root, random.Random(seed), song
        self.mixers = [self._mixer(number) for number in range(self.rng.randint(1, 8))]
        self.young, self.old = set[str](), set[str]()
        for number in range(self.rng.randint(0, 6)):
            kept = self.rng.random() < 0.5
            (self.young if kept else self.old).add(self._file(f"stray-{number}", old=not kept))

    def _file(self, name: str, *, old: bool = True) -> str:
        path = self.root / name
        path.write_bytes(b"x" * self.rng.randint(1, 50))
        if old:
            moment = path.stat().st_mtime - AGE
            os.utime(path, (moment, moment))
        return name

    def _mixer(self, number: int) -> Mixer:
        # Few networks for many mixers: some share theirs.
        head, encoder = self.rng.randint(0, 5), self.rng.randint(0, 1)
        mixer = Mixer.objects.create(
            name=f"Mixer {number}",
            slug=f"mixer-{number}",
            architecture="x",
            encoder_version="1",
            status=self.rng.choice(Mixer.Status.values),
            genome_file=self._file(f"genome-{number}"),
            genome_sha256=f"genome {number}",
            head_onnx_file=self._file(f"head-{head}.onnx"),
            head_onnx_sha256=f"head {head}",
            encoder_onnx_file=self._file(f"encoder-{encoder}.onnx"),
            encoder_onnx_sha256=f"encoder {encoder}",
        )
        self._variants(mixer.head_onnx_file, mixer.head_onnx_sha256)
        self._variants(mixer.encoder_onnx_file, mixer.encoder_onnx_sha256)
        self._refer_to(mixer)
        return mixer

    def _variants(self, name: str, sha256: str) -> None:
        for precision in PRECISIONS:
            if self.rng.random() < 0.7:
                exact = precision == "fp32"
                file = name if exact else self._file(f"{name}-{precision}")
                ModelVariant.objects.get_or_create(
                    of_sha256=sha256, precision=precision, defaults={"file": file}
                )

    def _refer_to(self, mixer: Mixer) -> None:
        if self.rng.random() < 0.4:
            Mix.objects.create(
                song=self.song, mixer=mixer, section="full", renderer_version=1,
                multitrack_sha256="x", cache_key=str(mixer.pk),
            )  # fmt: skip
        if self.rng.random() < 0.4:
            slot, is_new = Slot.objects.get_or_create(
                name=f"slot-{self.rng.randint(0, 3)}", defaults={"mixer": mixer}
            )
            if not is_new and self.rng.random() < 0.5:
                slot.mixer = mixer
                slot.save()
            SlotMove.objects.create(slot=slot, to_mixer=mixer)


@pytest.mark.parametrize("seed", range(25))
def test_nothing_that_is_needed_goes_and_nothing_else_stays(
    seed: int, root: Path, owner: User
) -> None:
    registry = Registry(root, seed, Song.objects.create(owner=owner, title="x"))
    rows = {model: set(model.objects.values_list("pk", flat=True)) for model in (Mixer, Mix, Slot)}
    foreseen = collecting.collect(dry_run=True)
    before = {path.name for path in root.iterdir()}
    done = collecting.collect()
    assert done == foreseen
    left = {path.name for path in root.iterdir()}
    assert len(before - left) == done.files
    # Whatever a page, a mix or a slot's history shows is a mixer's row: it can mix as before.
    for model, known in rows.items():
        assert set(model.objects.values_list("pk", flat=True)) == known
    needed = {
        name
        for m in registry.mixers
        for name in (m.genome_file, m.head_onnx_file, m.encoder_onnx_file)
    }
    in_slots = set(Slot.objects.values_list("mixer", flat=True))
    at_work = {
        sha256
        for m in registry.mixers
        if m.status in AT_WORK or m.pk in in_slots
        for sha256 in (m.head_onnx_sha256, m.encoder_onnx_sha256)
    }
    assert {row.of_sha256 for row in ModelVariant.objects.all()} <= at_work
    needed |= {row.file for row in ModelVariant.objects.all()}
    assert left == needed | registry.young
    assert not left & registry.old
    assert collecting.collect() == collecting.Collected()


def test_the_variants_of_a_listed_mixer_stay(root: Path, owner: User) -> None:
    """The property above, said without drawing: listed keeps, retired loses, shared keeps."""
    registry = Registry(root, 3, Song.objects.create(owner=owner, title="x"))
    Slot.objects.all().delete()
    Mixer.objects.update(status=Mixer.Status.RETIRED)
    listed = registry.mixers[0]
    Mixer.objects.filter(pk=listed.pk).update(status=Mixer.Status.LISTED)
    own = ModelVariant.objects.of(listed.head_onnx_sha256)
    kept = set(own.values_list("file", flat=True))
    others = ModelVariant.objects.exclude(
        of_sha256__in=[listed.head_onnx_sha256, listed.encoder_onnx_sha256]
    )
    assert kept and others.exists()  # noqa: PT018
    collecting.collect()
    assert set(own.values_list("file", flat=True)) == kept
    assert all((root / name).exists() for name in kept)
    assert not others.exists()


def test_old_decisions_go(root: Path, owner: User) -> None:
    song = Song.objects.create(owner=owner, title="x")
    mixer = Registry(root, 1, song).mixers[0]
    for days in (1, 31):
        row = ChosenSettings.objects.create(
            song=song, mixer=mixer, multitrack_sha256=str(days), encoder_sha256="x", settings={}
        )
        made = timezone.now() - timedelta(days=days)
        ChosenSettings.objects.filter(pk=row.pk).update(made_at=made)
    assert collecting.collect().settings == 1
    assert ChosenSettings.objects.get().multitrack_sha256 == "1"


def test_the_command_counts_first(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stray = root / "stray.onnx"
    stray.write_bytes(b"12345")
    os.utime(stray, (1, 1))
    expected = '{"variants": 0, "files": 1, "bytes": 5, "settings": 0}'
    call_command("collect_models", "--dry-run")
    assert stray.exists()
    call_command("collect_models")
    assert not stray.exists()
    assert capsys.readouterr().out.split("\n") == [expected, expected, ""]
