"""What pages let people type or choose; lengths and choices are those of the models."""

from typing import Any

from django import forms

from mixing.audio.roles import ROLE_LABELS
from mixing.models import Export, Song


class SongForm(forms.ModelForm):
    """Title, artist and genre of a song."""

    class Meta:
        model = Song
        fields = ("title", "artist", "genre")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The service names a song without a title; nobody should have to invent one first.
        self.fields["title"].required = False
        for name, example in {
            "title": "Untitled song",
            "artist": "Who plays it",
            "genre": "Rock, jazz, techno …",
        }.items():
            self.fields[name].widget.attrs |= {"placeholder": example, "autocomplete": "off"}


class TrainingForm(forms.Form):
    """The owner's word on whether mixers learn from a song."""

    agreed = forms.TypedChoiceField(
        choices=(("yes", "yes"), ("no", "no")), coerce=lambda word: word == "yes"
    )


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=list(ROLE_LABELS.items()))


class ExportForm(forms.Form):
    kind = forms.ChoiceField(choices=Export.Kind.choices)
