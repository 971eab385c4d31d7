"""Mixers from elsewhere: a file becomes a mixer of one's own, or a candidate of the community."""

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from django.db import transaction

from accounts.models import User
from accounts.refusals import AccountNeeded
from evolution import registry, slots
from evolution.refusals import (
    BadMixerName,
    ModelFileRefused,
    ModelFileTooLarge,
    ModelFileUnsupported,
    NotForYou,
    TooManyMixers,
)
from evolution.registry import Birth
from mixing import outbox
from mixing.models import Mixer
from mixing.networks import foreign
from mixing.networks.errors import ModelInvalid
from mixing.networks.foreign import ForeignHead, ModelTooLarge, ModelTypeRefused
from mixing.storage import model_path

MOST_IMPORTED: Final = 20
"""Mixers from elsewhere that one person may hold."""
# A name goes into file names, addresses and headers of other tools: letters, digits, few marks.
_NAME: Final = re.compile(r"[^\W_](?:[\w .,'()+&-]{0,78}[\w.)+])?")


def import_mixer(
    *,
    file: Path,
    name: str,
    by: User,
    sha256: str = "",
    for_community: bool = False,
) -> Mixer:
    """A mixer with the weights of this file; it waits in quarantine until the gate lets it pass.

    The same weights brought again by the same person are the same mixer. Its owner's own mixer is
    then listed for them; a community one becomes a candidate for review.

    Args:
        file: safetensors or ONNX, as uploaded; it is read and left where it is.
        sha256: what the sender says the file's sum is.

    Raises:
        AccountNeeded, NotForYou, BadMixerName, TooManyMixers, ModelFileUnsupported,
        ModelFileTooLarge, ModelFileRefused, NoMixersToBreed (no mixer is installed to compare).
    """
    _check_person(by, for_community)
    name = _checked_name(name)
    template = slots.incumbent()
    head = _read(file, model_path(template.head_onnx_file), sha256)
    owner = None if for_community else by
    birth = Birth(
        name=name,
        slug=f"imported-{head.sha256[:12]}",
        description=f"Brought from elsewhere as {head.kind}.",
        owner=owner,
        origin=Mixer.Origin.IMPORTED,
        status=Mixer.Status.QUARANTINED,
        provenance={"imported_sha256": head.sha256},
    )
    with transaction.atomic():
        # Locked, so that of two uploads at once the second one sees the first.
        User.objects.select_for_update().get(pk=by.pk)
        held = Mixer.objects.filter(owner=owner, origin=Mixer.Origin.IMPORTED)
        known = held.filter(slug=birth.slug).first()
        if known is not None:
            return known
        if owner is not None and held.count() >= MOST_IMPORTED:
            raise TooManyMixers
        mixer = registry.add_mixer(head.genome, template, birth)
        outbox.enqueue("evolution.tasks.examine", str(mixer.pk))
    return mixer


def import_upload(
    *, chunks: Iterable[bytes], name: str, by: User, sha256: str = "", for_community: bool = False
) -> Mixer:
    """As `import_mixer`, from the pieces of an upload; reading stops where no mixer goes on."""
    with tempfile.TemporaryDirectory(prefix="mixarena-model-") as folder:
        file = Path(folder) / "model"
        size = 0
        with file.open("wb") as copy:
            for chunk in chunks:
                size += len(chunk)
                if size > foreign.MAX_BYTES:
                    raise ModelFileTooLarge
                copy.write(chunk)
        return import_mixer(file=file, name=name, by=by, sha256=sha256, for_community=for_community)


def _check_person(by: User, for_community: bool) -> None:
    if by.is_guest:
        raise AccountNeeded
    if for_community and not by.is_staff:
        raise NotForYou


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not _NAME.fullmatch(name) or ".." in name:
        raise BadMixerName
    return name


def _read(file: Path, template: Path, sha256: str) -> ForeignHead:
    try:
        return foreign.read_head(file, template=template, sha256=sha256)
    except ModelTypeRefused as error:
        raise ModelFileUnsupported(str(error)) from error
    except ModelTooLarge as error:
        raise ModelFileTooLarge(str(error)) from error
    except ModelInvalid as error:
        raise ModelFileRefused(str(error)) from error


def imported_by(person: User) -> list[Mixer]:
    """The person's mixers from elsewhere, newest first, also those still in quarantine."""
    held = Mixer.objects.filter(owner=person, origin=Mixer.Origin.IMPORTED)
    return list(held.order_by("-created_at"))


def waiting_for_everybody() -> list[Mixer]:
    """Community mixers from elsewhere that wait at the gate, or did not pass it."""
    held = Mixer.objects.filter(
        owner=None, origin=Mixer.Origin.IMPORTED, status=Mixer.Status.QUARANTINED
    )
    return list(held.order_by("-created_at"))
