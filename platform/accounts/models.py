"""People: users (guests too), API tokens, and the attempts that rate limits count."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.names import validate_name


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def create_guest(self) -> "User":
        """A listener without an account; signing up later turns this very row into one."""
        user = self.model(email=None, name="Guest", is_guest=True)
        user.set_unusable_password()
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """Who logs in with this e-mail address, however it is capitalised."""
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who listens, votes or brings songs. Guests have no e-mail address."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True, null=True, blank=True)
    name = models.CharField(max_length=80, blank=True, validators=[validate_name])
    is_guest = models.BooleanField(default=False)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    # Counted in the same transaction that accepts bytes, so parallel uploads cannot overshoot.
    storage_bytes = models.BigIntegerField(default=0)
    date_joined = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_guest=True) | Q(email__isnull=False), name="user_guest_or_email"
            ),
            # With the unique index: one account per address, however it is capitalised.
            models.CheckConstraint(condition=Q(email=Lower(F("email"))), name="user_email_lower"),
        ]

    def __str__(self) -> str:
        return self.name or self.email or "Guest"

    def clean(self) -> None:
        """What forms (the admin's too) do before the constraints are checked."""
        super().clean()
        self.email = self.email.lower() if self.email else None


class ApiToken(models.Model):
    """A key for the API; only its hash is kept, so it is shown once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def is_usable(self) -> bool:
        expired = self.expires_at is not None and self.expires_at <= timezone.now()
        return self.revoked_at is None and not expired


class Attempt(models.Model):
    """One sign-up, login failure or guest start from an address: what rate limits count."""

    class Kind(models.TextChoices):
        LOGIN_FAILED = "login_failed"
        SIGN_UP = "sign_up"
        GUEST = "guest"
        PASSWORD_RESET = "password_reset"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    key = models.CharField(max_length=128)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        # "How many of this kind from this key in the last hour?"
        indexes = [models.Index(fields=["kind", "key", "at"])]


class IdempotentRequest(models.Model):
    """The answer given to a request that carried an Idempotency-Key, for its repeats."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    key = models.CharField(max_length=128)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="idempotent_once_per_user")
        ]
