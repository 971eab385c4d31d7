"""What browsers send about tournaments. Services decide; forms only read."""

from django import forms

from tournaments.services import USUAL_BATTLES


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
