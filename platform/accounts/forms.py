"""Forms of the account pages."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import (
    password_validators_help_text_html,
    validate_password,
)

from accounts.models import User

MAX_PASSWORD_LENGTH = 128


class NewPasswordField(forms.CharField):
    """A password to be: shown as dots, known to password keepers as a new one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            strip=False,
            max_length=MAX_PASSWORD_LENGTH,
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
            help_text=password_validators_help_text_html(),
            **options,
        )


class CurrentPasswordField(forms.CharField):
    def __init__(self, **options: Any) -> None:
        super().__init__(
            strip=False,
            max_length=MAX_PASSWORD_LENGTH,
            widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
            **options,
        )


class SignUpForm(forms.Form):
    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    name = forms.CharField(
        max_length=80,
        help_text="As others see you.",
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    password = NewPasswordField()

    def clean_email(self) -> str:
        email = User.objects.normalize_email(self.cleaned_data["email"]).lower()
        if User.objects.filter(email=email).exists():
            raise forms.ValidationError(
                "Somebody signed up with this address already. Log in instead.", code="taken"
            )
        return email

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "password" in cleaned:
            person = User(email=cleaned.get("email"), name=cleaned.get("name", ""))
            try:
                validate_password(cleaned["password"], person)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return cleaned


class LoginForm(forms.Form):
    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    password = CurrentPasswordField()


class NameForm(forms.Form):
    name = forms.CharField(max_length=80, widget=forms.TextInput({"autocomplete": "name"}))


class ResetForm(forms.Form):
    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )


class NewPasswordForm(forms.Form):
    """The second half of a reset: the link stands for the old password."""

    new = NewPasswordField(label="New password")

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user

    def clean_new(self) -> str:
        new: str = self.cleaned_data["new"]
        validate_password(new, self.user)
        return new


class PasswordForm(NewPasswordForm):
    """A new password for somebody who knows the old one."""

    old = CurrentPasswordField(label="Current password")
    field_order = ("old", "new")


class DeleteForm(forms.Form):
    password = CurrentPasswordField(label="Your password")


class TokenForm(forms.Form):
    name = forms.CharField(max_length=80, help_text="What it is for, for instance “studio script”.")
    days = forms.TypedChoiceField(
        label="Ends",
        coerce=int,
        choices=[(30, "in 30 days"), (90, "in 90 days"), (365, "in a year"), (0, "never")],
        initial=90,
    )
