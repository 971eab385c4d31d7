"""What browsers send about tournaments. Services decide; forms only read."""

from collections.abc import Sequence

from django import forms

from mixing.models import Mixer, Song
from tournaments.models import Tournament
from tournaments.services import LEAST_BATTLES, MOST_BATTLES, USUAL_BATTLES

STOPS = (
    ("", "not by this"),
    ("0.8", "80 % sure of the best"),
    ("0.9", "90 % sure of the best"),
    ("0.95", "95 % sure of the best"),
    ("0.99", "99 % sure of the best"),
)
"""When the votes are sure enough: the leader is the best with this probability."""


class StartForm(forms.Form):
    battle_budget = forms.IntegerField(required=False, initial=USUAL_BATTLES)

    def clean_battle_budget(self) -> int:
        return self.cleaned_data["battle_budget"] or USUAL_BATTLES


class ListeningForm(forms.Form):
    """What a player tells; there is no field for how long."""

    event = forms.CharField(max_length=10)
    side = forms.CharField(max_length=1, required=False)
    start_s = forms.FloatField(required=False)
    stop_s = forms.FloatField(required=False)


class SoundCheckForm(forms.Form):
    """What each test of the sound check came to."""

    sides = forms.ChoiceField(choices=[(v, v) for v in ("good", "swapped", "mono", "unsure")])
    middle = forms.ChoiceField(choices=[(v, v) for v in ("good", "swapped", "mono")])
    pitch = forms.ChoiceField(choices=[(v, v) for v in ("headphones", "speakers")])


class TournamentForm(forms.Form):
    """How to run a tournament. Everything left empty is what its format usually does."""

    songs = forms.MultipleChoiceField(error_messages={"required": "Choose at least one song."})
    mixers = forms.MultipleChoiceField(required=False)
    human_mix = forms.FileField(required=False, allow_empty_file=True)
    anchor = forms.BooleanField(required=False)
    format = forms.ChoiceField(choices=Tournament.Format.choices)
    voters = forms.ChoiceField(choices=Tournament.Voters.choices)
    stop_at = forms.TypedChoiceField(choices=STOPS, required=False, coerce=float, empty_value=None)
    vote_budget = forms.IntegerField(required=False, min_value=3, max_value=100_000)
    ends_at = forms.DateTimeField(
        required=False, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
    )
    title = forms.CharField(required=False, max_length=120)
    battle_budget = forms.IntegerField(
        required=False, min_value=LEAST_BATTLES, max_value=MOST_BATTLES
    )
    votes_per_match = forms.IntegerField(required=False, min_value=1, max_value=99)
    hidden_checks = forms.BooleanField(required=False)

    def __init__(
        self,
        *args: object,
        songs: Sequence[Song] = (),
        mixers: Sequence[Mixer] = (),
        **kwargs: object,
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._songs = {str(song.pk): song for song in songs}
        self._mixers = {str(mixer.pk): mixer for mixer in mixers}
        self.fields["songs"].choices = [(key, key) for key in self._songs]  # type: ignore[attr-defined]
        self.fields["mixers"].choices = [(key, key) for key in self._mixers]  # type: ignore[attr-defined]

    def clean_songs(self) -> list[Song]:
        return [self._songs[key] for key in self.cleaned_data["songs"]]

    def clean_mixers(self) -> list[Mixer]:
        return [self._mixers[key] for key in self.cleaned_data["mixers"]]

    def picked(self) -> dict[str, set[str]]:
        """The keys that are chosen now, for the page's check boxes."""
        return {
            name: {str(key) for key in self[name].value() or ()} for name in ("songs", "mixers")
        }
