"""What happens to people: guests begin, sign up, log in, change, leave; tokens come and go."""

from datetime import timedelta

from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import limits
from accounts.models import ApiToken, Attempt, User
from accounts.refusals import (
    AccountNeeded,
    EmailTaken,
    WrongCredentials,
    WrongPassword,
)
from accounts.signals import account_deleted, guest_merged
from accounts.tokens import digest_of, new_secret, prefix_of

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)
GUESTS_PER_HOUR = 30
SIGN_UPS_PER_HOUR = 20
LOGINS_PER_ADDRESS = 50
LOGINS_PER_ACCOUNT = 10
RESETS_PER_ADDRESS = 20
RESETS_PER_ACCOUNT = 3
BACKEND = "django.contrib.auth.backends.ModelBackend"


def start_guest(request: HttpRequest) -> User:
    """Whoever the request comes from; a stranger becomes a guest whose session lasts."""
    if isinstance(request.user, User):
        return request.user
    limits.check(Attempt.Kind.GUEST, limits.address_of(request), GUESTS_PER_HOUR, HOUR)
    guest = User.objects.create_guest()
    login(request, guest, backend=BACKEND)
    return guest


def sign_up(*, request: HttpRequest, email: str, name: str, password: str) -> User:
    """An account, logged in. A guest's row becomes it, so songs and votes need not move.

    Raises TooMany, EmailTaken.
    """
    limits.check(Attempt.Kind.SIGN_UP, limits.address_of(request), SIGN_UPS_PER_HOUR, HOUR)
    user = guest_of(request) or User()
    user.email = User.objects.normalize_email(email).lower()
    user.name = name
    user.is_guest = False
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise EmailTaken from None
    login(request, user, backend=BACKEND)
    return user


def log_in(*, request: HttpRequest, email: str, password: str) -> User:
    """The account behind the credentials, logged in; what the guest before had comes along.

    Raises TooMany (per address and per account), WrongCredentials.
    """
    email = email.strip().lower()
    address = limits.address_of(request)
    kind = Attempt.Kind.LOGIN_FAILED
    by_address = limits.check(kind, f"address {address}", LOGINS_PER_ADDRESS, QUARTER)
    by_account = limits.check(kind, f"account {email}", LOGINS_PER_ACCOUNT, QUARTER)
    user = authenticate(request, username=email, password=password)
    if not isinstance(user, User):
        raise WrongCredentials
    limits.forgive(by_address)
    limits.forgive(by_account)
    guest = guest_of(request)
    login(request, user)
    if guest is not None:
        merge_guest(guest=guest, user=user)
    return user


def log_out(request: HttpRequest) -> None:
    logout(request)


def guest_of(request: HttpRequest) -> User | None:
    """The guest this browser has been so far, if any."""
    user = request.user
    return user if isinstance(user, User) and user.is_guest else None


@transaction.atomic
def merge_guest(*, guest: User, user: User) -> None:
    """Everything the guest has becomes the user's; then the guest is gone.

    Other apps move their rows when they hear `guest_merged`.
    """
    guest_merged.send(sender=User, guest=guest, user=user)
    guest.delete()


def check_reset_allowed(*, request: HttpRequest, email: str) -> None:
    """Raises TooMany when this address or account asked for too many resets."""
    kind = Attempt.Kind.PASSWORD_RESET
    limits.check(kind, f"address {limits.address_of(request)}", RESETS_PER_ADDRESS, HOUR)
    limits.check(kind, f"account {email.strip().lower()}", RESETS_PER_ACCOUNT, HOUR)


def rename(*, user: User, name: str) -> User:
    user.name = name
    user.save(update_fields=["name"])
    return user


def change_password(*, request: HttpRequest, user: User, old: str, new: str) -> None:
    """A new password; every other session ends, this one goes on. Raises WrongPassword."""
    check_password(user=user, password=old)
    user.set_password(new)
    user.save(update_fields=["password"])
    update_session_auth_hash(request, user)


def check_password(*, user: User, password: str) -> None:
    """Raises WrongPassword, and TooMany for somebody who tries them out."""
    key = f"account {user.email}"
    attempt = limits.check(Attempt.Kind.LOGIN_FAILED, key, LOGINS_PER_ACCOUNT, QUARTER)
    if not user.check_password(password):
        raise WrongPassword
    limits.forgive(attempt)


def delete_account(*, user: User, password: str = "") -> None:
    """Everything of the user goes: rows, files, tokens, sessions. Raises WrongPassword.

    Guests have no password. Other apps remove their files when they hear `account_deleted`.
    """
    if not user.is_guest:
        check_password(user=user, password=password)
    with transaction.atomic():
        account_deleted.send(sender=User, user=user)
        user.delete()


def require_account(user: User) -> User:
    """The user, who must not be a guest. Raises AccountNeeded."""
    if user.is_guest:
        raise AccountNeeded
    return user


def issue_token(*, user: User, name: str, days: int | None = None) -> tuple[ApiToken, str]:
    """A new token and its secret, which is shown this once. Raises AccountNeeded for guests."""
    secret = new_secret()
    token = ApiToken.objects.create(
        user=require_account(user),
        name=name,
        prefix=prefix_of(secret),
        digest=digest_of(secret),
        expires_at=timezone.now() + timedelta(days=days) if days else None,
    )
    return token, secret


def revoke_token(*, token: ApiToken) -> ApiToken:
    """End a token now. Ending it twice changes nothing."""
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
    return token
