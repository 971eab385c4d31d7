"""Presets that people save, rename and throw away."""

from typing import Any, Final

from django.db import transaction

from accounts.models import User
from mixing.lines import one_line
from mixing.models import Preset
from mixing.presets import content as contents
from mixing.refusals import PresetNameTaken, TooManyPresets

LONGEST_NAME: Final = 80
LONGEST_DESCRIPTION: Final = 300
MAX_PRESETS: Final = 200


@transaction.atomic
def save_preset(
    *, owner: User, name: str, content: dict[str, Any], description: str = ""
) -> Preset:
    """A new preset. Raises SettingsInvalid, PresetNameTaken, TooManyPresets."""
    contents.check(content)
    own = Preset.objects.owned_by(owner)
    if own.count() >= MAX_PRESETS:
        raise TooManyPresets
    return Preset.objects.create(
        owner=owner,
        name=_free_name(owner, name, but=None),
        description=one_line(description, LONGEST_DESCRIPTION),
        content=content,
    )


@transaction.atomic
def change_preset(
    *,
    preset: Preset,
    name: str | None = None,
    description: str | None = None,
    content: dict[str, Any] | None = None,
) -> Preset:
    """Change what is given. Raises SettingsInvalid, PresetNameTaken."""
    if name is not None:
        preset.name = _free_name(preset.owner, name, but=preset)
    if description is not None:
        preset.description = one_line(description, LONGEST_DESCRIPTION)
    if content is not None:
        contents.check(content)
        preset.content = content
    preset.save(update_fields=["name", "description", "content", "updated_at"])
    return preset


def remove_preset(preset: Preset) -> None:
    preset.delete()


def _free_name(owner: User, name: str, *, but: Preset | None) -> str:
    line = one_line(name, LONGEST_NAME) or "Untitled preset"
    others = Preset.objects.owned_by(owner).filter(name__iexact=line)
    if but is not None:
        others = others.exclude(pk=but.pk)
    if others.exists():
        raise PresetNameTaken
    return line
