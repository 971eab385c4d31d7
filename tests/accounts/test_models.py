import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts.models import User
from accounts.names import validate_name


@pytest.mark.django_db
def test_addresses_are_kept_in_lower_case_and_found_in_any() -> None:
    user = User.objects.create_user("Nora@Example.ORG", "violet tram 42")
    assert user.email == "nora@example.org"
    assert User.objects.get_by_natural_key("NORA@example.org") == user


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["owner@example.org", "Owner@example.org"])
def test_the_database_keeps_one_account_per_address(owner: User, email: str) -> None:
    with pytest.raises(IntegrityError, match=r"(?i)unique|user_email_lower"):
        User.objects.create(email=email, name="Double")


@pytest.mark.django_db
def test_only_guests_are_without_an_address(owner: User) -> None:
    assert User.objects.create_guest().email is None
    with pytest.raises(IntegrityError, match="user_guest_or_email"):
        User.objects.filter(pk=owner.pk).update(email=None)


@pytest.mark.parametrize("name", ["Nora", "Ö", "李小龙", "محمد", "Zoë 🎚️", "👩‍🎤", "O’Neil, Jr."])
def test_names_of_any_script_are_fine(name: str) -> None:
    validate_name(name)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a\nb", "control_characters"),
        ("a\x00b", "control_characters"),
        ("a\u2028b", "control_characters"),
        ("\ud800", "control_characters"),
        ("nora\u202egnp", "turned_text"),
        ("\u2066x", "turned_text"),
        ("\u200b", "invisible"),
        ("  ", "invisible"),
    ],
)
def test_names_that_hide_or_turn_text_are_refused(name: str, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        validate_name(name)
    assert caught.value.code == code
