"""Forms of the pages about taste and review."""

from django import forms

from accounts.models import User
from accounts.refusals import Refusal
from evolution import importing
from evolution.refusals import BadMixerName
from mixing.models import Mixer


class MixerFileForm(forms.Form):
    """A mixer's weights from a file."""

    name = forms.CharField(max_length=80, label="Name")
    file = forms.FileField(
        label="File",
        help_text="A safetensors or ONNX file, as in your export.",
        widget=forms.ClearableFileInput(attrs={"accept": ".safetensors,.onnx"}),
    )

    def bring(self, *, by: User, for_community: bool = False) -> Mixer | None:
        """The imported mixer; None when the form or the file is refused, and the form says why."""
        if not self.is_valid():
            return None
        try:
            return importing.import_upload(
                chunks=self.cleaned_data["file"].chunks(),
                name=self.cleaned_data["name"],
                by=by,
                for_community=for_community,
            )
        except Refusal as refusal:
            field = "name" if isinstance(refusal, BadMixerName) else "file"
            self.add_error(field, refusal.message)
            return None


class RuleForm(forms.Form):
    """When a community slot moves by itself."""

    slot = forms.CharField(max_length=80)
    least_probability = forms.FloatField(min_value=0.8, max_value=0.999)
    least_votes = forms.IntegerField(min_value=6, max_value=10_000)
    reason = forms.CharField(max_length=300)
    enabled = forms.BooleanField(required=False)
