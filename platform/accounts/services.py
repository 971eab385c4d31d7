"""What happens to people: guests begin, sign up, log in, change, leave; tokens come and go."""

from datetime import timedelta

from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import limits
from accounts.limits import Limit
from accounts.models import ApiToken, Attempt, User
from accounts.refusals import (
    AccountNeeded,
    EmailTaken,
    TooManyTokens,
    WrongCredentials,
    WrongPassword,
)
from accounts.selectors import tokens_of
from accounts.signals import account_deleted, guest_merged
from accounts.tokens import digest_of, new_secret, prefix_of

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)
GUESTS_PER_HOUR = 50
SIGN_UPS_PER_HOUR = 20
# Guessing from one place stops early; the account's own limit is loose, so that a stranger who
# fails on purpose does not lock its owner out.
LOGINS_PER_ADDRESS = 50
LOGINS_PER_ACCOUNT = 100
LOGINS_PER_ACCOUNT_AND_ADDRESS = 10
PASSWORD_CHECKS = 10
RESETS_PER_ADDRESS = 20
RESETS_PER_ACCOUNT = 3
MAX_TOKENS = 50
BACKEND = "django.contrib.auth.backends.ModelBackend"


# --- Coming and going -----------------------------------------------------------------------------


def start_guest(request: HttpRequest) -> User:
    """Whoever the request comes from; a stranger becomes a guest whose session lasts.

    Raises TooMany.
    """
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
    email = normalised(email)
    try:
        with transaction.atomic():
            user = _locked_guest(guest_of(request)) or User()
            user.email, user.name, user.is_guest = email, name, False
            user.set_password(password)
            user.save()
    except IntegrityError:
        if User.objects.filter(email=email).exists():
            raise EmailTaken from None
        raise
    login(request, user, backend=BACKEND)  # A new session: whoever knew the guest's is out.
    return user


def log_in(*, request: HttpRequest, email: str, password: str) -> User:
    """The account behind the credentials, logged in; what the guest before had comes along.

    Raises TooMany (per address and per account), WrongCredentials.
    """
    email = normalised(email)
    attempts = limits.check_all(Attempt.Kind.LOGIN_FAILED, _login_limits(request, email))
    user = authenticate(request, username=email, password=password)
    if not isinstance(user, User):
        raise WrongCredentials
    limits.forgive(attempts)
    forgive_logins(request=request, email=email)
    guest = guest_of(request)
    if guest is not None:
        merge_guest(guest=guest, user=user)
    login(request, user)
    return user


def _login_limits(request: HttpRequest, email: str) -> list[Limit]:
    address = limits.address_of(request)
    both, account = _account_keys(address, email)
    return [
        Limit(both, LOGINS_PER_ACCOUNT_AND_ADDRESS, QUARTER),
        Limit(account, LOGINS_PER_ACCOUNT, HOUR),
        Limit(f"address {address}", LOGINS_PER_ADDRESS, QUARTER),
    ]


def _account_keys(address: str, email: str) -> tuple[str, str]:
    return f"account {email} from {address}", f"account {email}"


def forgive_logins(*, request: HttpRequest, email: str) -> None:
    """Forget the account's failed logins: its owner is here."""
    limits.forget(Attempt.Kind.LOGIN_FAILED, *_account_keys(limits.address_of(request), email))


def log_out(request: HttpRequest) -> None:
    logout(request)


def normalised(email: str) -> str:
    """The address as accounts keep it: people do not remember how they capitalised it."""
    return User.objects.normalize_email(email.strip()).lower()


def guest_of(request: HttpRequest) -> User | None:
    """The guest this browser has been so far, if any."""
    user = request.user
    return user if isinstance(user, User) and user.is_guest else None


def _locked_guest(guest: User | None) -> User | None:
    """The guest's row for this transaction; None once it became an account or is gone."""
    if guest is None:
        return None
    return User.objects.select_for_update().filter(pk=guest.pk, is_guest=True).first()


@transaction.atomic
def merge_guest(*, guest: User, user: User) -> None:
    """Everything the guest has becomes the user's; then the guest is gone.

    Other apps move their rows when they hear `guest_merged`. Two logins at once merge once.
    """
    row = _locked_guest(guest)
    if row is not None:
        guest_merged.send(sender=User, guest=row, user=user)
        row.delete()


def check_reset_allowed(*, request: HttpRequest, email: str) -> None:
    """Raises TooMany when this address or account asked for too many resets."""
    address = f"address {limits.address_of(request)}"
    account = f"account {normalised(email)}"
    limits.check_all(
        Attempt.Kind.PASSWORD_RESET,
        [Limit(address, RESETS_PER_ADDRESS, HOUR), Limit(account, RESETS_PER_ACCOUNT, HOUR)],
    )


# --- The account ----------------------------------------------------------------------------------


def rename(*, user: User, name: str) -> User:
    user.name = name
    user.save(update_fields=["name"])
    return user


def change_password(*, request: HttpRequest, user: User, old: str, new: str) -> None:
    """A new password; every other session ends, this one goes on. Raises WrongPassword, TooMany."""
    check_password(user=user, password=old)
    user.set_password(new)
    user.save(update_fields=["password"])
    update_session_auth_hash(request, user)


def check_password(*, user: User, password: str) -> None:
    """Raises WrongPassword, and TooMany for somebody who tries them out in a session left open."""
    key = f"person {user.pk}"
    attempt = limits.check(Attempt.Kind.LOGIN_FAILED, key, PASSWORD_CHECKS, QUARTER)
    if not user.check_password(password):
        raise WrongPassword
    limits.forgive([attempt])


def delete_account(*, user: User, password: str = "") -> None:
    """Everything of the user goes: rows, files, tokens. Raises WrongPassword, TooMany.

    Guests have no password.
    """
    if not user.is_guest:
        check_password(user=user, password=password)
    erase(user=user)


@transaction.atomic
def erase(*, user: User) -> None:
    """Remove a person's row and all that hangs on it, whoever decided that.

    Other apps remove their files when they hear `account_deleted`.
    """
    account_deleted.send(sender=User, user=user)
    user.delete()


def require_account(user: User) -> User:
    """The user, who must not be a guest. Raises AccountNeeded."""
    if user.is_guest:
        raise AccountNeeded
    return user


# --- Tokens ---------------------------------------------------------------------------------------


def issue_token(
    *, user: User, name: str, expires_in_days: int | None = None
) -> tuple[ApiToken, str]:
    """A new token and its secret, which is shown this once.

    Raises AccountNeeded for guests, TooManyTokens.
    """
    require_account(user)
    if tokens_of(user).count() >= MAX_TOKENS:
        raise TooManyTokens
    secret = new_secret()
    token = ApiToken.objects.create(
        user=user,
        name=name,
        prefix=prefix_of(secret),
        digest=digest_of(secret),
        expires_at=timezone.now() + timedelta(days=expires_in_days) if expires_in_days else None,
    )
    return token, secret


def revoke_token(*, token: ApiToken) -> ApiToken:
    """End a token now. Ending it twice changes nothing."""
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
    return token
