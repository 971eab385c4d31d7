"""Forgotten passwords: a link by mail that works once, for one hour."""

import logging
from pathlib import Path
from smtplib import SMTPException
from uuid import UUID

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from accounts import services
from accounts.models import User

logger = logging.getLogger(__name__)


def send_link(*, request: HttpRequest, email: str) -> None:
    """Mail the link if the address belongs to an account; say nothing either way."""
    user = User.objects.filter(email=services.normalised(email), is_active=True).first()
    if user is None or not user.has_usable_password():
        return
    token = default_token_generator.make_token(user)
    path = reverse("accounts:new-password", args=[user.pk, token])
    context = {"user": user, "link": request.build_absolute_uri(path)}
    try:
        send_mail(
            subject="Your new Mixarena password",
            message=render_to_string("accounts/reset_mail.txt", context),
            from_email=None,
            # The address on file, never the typed one: two addresses may be equal only after
            # lower-casing (a Kelvin sign becomes a k), and then belong to different people.
            recipient_list=[str(user.email)],
        )
    except (SMTPException, OSError):
        # The answer must not tell that there is an account; the operator sees it in the log.
        logger.exception("A reset link could not be mailed.")


def user_of_link(pk: UUID, token: str) -> User | None:
    """Who the link was sent to; None once it was used or is too old."""
    user = User.objects.filter(pk=pk, is_active=True, is_guest=False).first()
    if user is None or not default_token_generator.check_token(user, token):
        return None
    return user


def set_password(*, request: HttpRequest, user: User, new: str) -> None:
    """The new password holds; links and sessions from before do not, nor do failed logins."""
    user.set_password(new)
    user.save(update_fields=["password"])
    services.forgive_logins(request=request, email=str(user.email))


def mail_folder() -> Path | None:
    """Where mail lies when this installation has no mail server, None when it has one."""
    if settings.EMAIL_BACKEND.endswith("filebased.EmailBackend"):
        return Path(settings.EMAIL_FILE_PATH)
    return None
