"""Forms of the pages about taste and review."""

from django import forms


class MixerFileForm(forms.Form):
    """A mixer's weights from a file."""

    name = forms.CharField(max_length=80, label="Name")
    file = forms.FileField(
        label="File",
        help_text="A safetensors or ONNX file, as in your export.",
        widget=forms.ClearableFileInput(attrs={"accept": ".safetensors,.onnx"}),
    )


class RuleForm(forms.Form):
    """When a community slot moves by itself."""

    slot = forms.CharField(max_length=80)
    least_probability = forms.FloatField(min_value=0.8, max_value=0.999)
    least_votes = forms.IntegerField(min_value=6, max_value=10_000)
    reason = forms.CharField(max_length=300)
    enabled = forms.BooleanField(required=False)
