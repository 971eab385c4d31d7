"""Pages of reference matching: upload a track, see what it did, try another amount."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from mixing import access, reference_matching
from mixing.reference_drawing import draw_match
from mixing.refusals import ReferenceRefused


class AmountForm(forms.Form):
    amount = forms.IntegerField(validators=[MinValueValidator(0), MaxValueValidator(100)])


class ReferenceForm(AmountForm):
    file = forms.FileField(allow_empty_file=True, max_length=300)


@require_POST
@login_required
def reference_new(request: HttpRequest, mix_id: UUID) -> HttpResponse:
    """Match the mix to the uploaded track; what is wrong with it is said on the mix's page."""
    mix = get_object_or_404(access.mixes(request.user), pk=mix_id)
    access.check_audible(mix, request.user)
    form = ReferenceForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, _sentence(form))
        return redirect("mixing:mix-settings", mix.pk)
    file, amount = form.cleaned_data["file"], form.cleaned_data["amount"]
    try:
        match = reference_matching.match_reference(
            mix=mix, by=_person(request), file=file, name=file.name, amount=amount
        )
    except ReferenceRefused as refused:
        messages.error(request, refused.message)
        return redirect("mixing:mix-settings", mix.pk)
    return redirect("mixing:reference-match", match.pk)


@require_http_methods(["GET", "POST"])
@login_required
def reference_match(request: HttpRequest, match_id: UUID) -> HttpResponse:
    """Before and after; posting another amount makes another match."""
    match = get_object_or_404(access.reference_matches(request.user), pk=match_id)
    access.check_audible(match.mix, request.user)
    form = AmountForm(request.POST or None)
    if request.method == "POST":
        if form.is_valid():
            amount = form.cleaned_data["amount"]
            again = reference_matching.change_amount(
                match=match, by=_person(request), amount=amount
            )
            return redirect("mixing:reference-match", again.pk)
        messages.error(request, _sentence(form))
    context = {"match": match, "drawing": draw_match(match)}
    return render(request, "songs/reference_match.html", context)


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _sentence(form: forms.Form) -> str:
    return " ".join(str(error) for errors in form.errors.values() for error in errors)
