"""Forms of the account pages."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from accounts.models import User
from accounts.names import validate_name

MAX_PASSWORD_LENGTH = 128
PASSWORD_HINT = "At least 8 characters, and nothing that others would try first."


class AccountForm(forms.Form):
    """A form whose page opens at the first field that needs attention."""

    def add_error(self, field: str | None, error: Any) -> None:
        super().add_error(field, error)
        wrong = [name for name in self.fields if name in self.errors]
        for name in self.fields:
            self.fields[name].widget.attrs["autofocus"] = name in wrong[:1]


class EmailField(forms.EmailField):
    def __init__(self, *, autocomplete: str) -> None:
        super().__init__(
            label="E-mail address",
            max_length=254,
            widget=forms.EmailInput(attrs={"autocomplete": autocomplete}),
        )


class NameField(forms.CharField):
    def __init__(self, **options: Any) -> None:
        super().__init__(
            max_length=80,
            validators=[validate_name],
            widget=forms.TextInput(attrs={"autocomplete": "name"}),
            **options,
        )


class PasswordField(forms.CharField):
    """Shown as dots; password keepers learn whether to fill in the old one or make one."""

    def __init__(self, *, autocomplete: str, **options: Any) -> None:
        super().__init__(
            strip=False,
            max_length=MAX_PASSWORD_LENGTH,
            widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
            **options,
        )


class SignUpForm(AccountForm):
    """Whether the address is free is the service's business: it also counts who asks how often."""

    name = NameField(help_text="As others see you.")
    email = EmailField(autocomplete="email")
    password = PasswordField(autocomplete="new-password", help_text=PASSWORD_HINT)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "password" in cleaned:
            person = User(email=cleaned.get("email"), name=cleaned.get("name", ""))
            try:
                validate_password(cleaned["password"], person)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return cleaned


class LoginForm(AccountForm):
    email = EmailField(autocomplete="username")
    password = PasswordField(autocomplete="current-password")


class NameForm(AccountForm):
    name = NameField(help_text="As others see you.")


class ResetForm(AccountForm):
    email = EmailField(autocomplete="username")


class NewPasswordForm(AccountForm):
    """The second half of a reset: the link stands for the old password."""

    new = PasswordField(autocomplete="new-password", label="New password", help_text=PASSWORD_HINT)

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user

    def clean_new(self) -> str:
        new: str = self.cleaned_data["new"]
        validate_password(new, self.user)
        return new


class PasswordForm(NewPasswordForm):
    """A new password for somebody who knows the old one."""

    old = PasswordField(autocomplete="current-password", label="Current password")
    field_order = ("old", "new")


class DeleteForm(AccountForm):
    password = PasswordField(autocomplete="current-password", label="Your password")


class TokenForm(AccountForm):
    name = forms.CharField(
        max_length=80,
        validators=[validate_name],
        help_text="What it is for, for instance “studio script”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    expires_in_days = forms.TypedChoiceField(
        label="Ends",
        coerce=int,
        choices=[(30, "in 30 days"), (90, "in 90 days"), (365, "in a year"), (0, "never")],
        initial=90,
    )
