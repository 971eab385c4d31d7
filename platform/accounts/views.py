"""The account pages."""

from typing import Any
from uuid import UUID

from django.conf import settings as django_settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import resets, selectors, services
from accounts.forms import (
    AccountForm,
    DeleteForm,
    LoginForm,
    NameForm,
    NewPasswordForm,
    PasswordForm,
    ResetForm,
    SignUpForm,
    TokenForm,
)
from accounts.models import User
from accounts.refusals import EmailTaken, Refusal, TooMany

read_or_send = require_http_methods(["GET", "HEAD", "POST"])


@never_cache
@sensitive_post_parameters("password")
@read_or_send
def sign_up(request: HttpRequest) -> HttpResponse:
    if _has_account(request):
        return redirect(_next_page(request))
    form = SignUpForm(request.POST or None)
    if not form.is_valid():
        return _form_page(request, "accounts/sign_up.html", form)
    was_guest = services.guest_of(request) is not None
    try:
        services.sign_up(request=request, **form.cleaned_data)
    except EmailTaken as refusal:
        return _refused(request, "accounts/sign_up.html", form, refusal, field="email")
    except TooMany as refusal:
        return _refused(request, "accounts/sign_up.html", form, refusal)
    kept = " Your songs and votes so far are in it." if was_guest else ""
    messages.success(request, f"Welcome! Your account is ready.{kept}")
    return redirect(_next_page(request))


@never_cache
@sensitive_post_parameters("password")
@read_or_send
def log_in(request: HttpRequest) -> HttpResponse:
    if _has_account(request):
        return redirect(_next_page(request))
    form = LoginForm(request.POST or None)
    if not form.is_valid():
        return _form_page(request, "accounts/login.html", form)
    was_guest = services.guest_of(request) is not None
    try:
        services.log_in(request=request, **form.cleaned_data)
    except TooMany as refusal:
        return _refused(request, "accounts/login.html", form, refusal)
    except Refusal as refusal:
        return _refused(request, "accounts/login.html", form, refusal, field="password")
    if was_guest:
        messages.success(request, "Welcome back! Your votes from this browser are in your account.")
    return redirect(_next_page(request))


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    services.log_out(request)
    messages.success(request, "You are logged out.")
    return redirect("home")


# --- Forgotten passwords --------------------------------------------------------------------------


@never_cache
@read_or_send
def reset(request: HttpRequest) -> HttpResponse:
    """Ask for a link by mail. The answer is the same whether the address is known or not."""
    form = ResetForm(request.POST or None)
    if not form.is_valid():
        return _form_page(request, "accounts/reset.html", form)
    email = form.cleaned_data["email"]
    try:
        services.check_reset_allowed(request=request, email=email)
    except TooMany as refusal:
        return _refused(request, "accounts/reset.html", form, refusal)
    resets.send_link(request=request, email=email)
    return redirect("accounts:reset-sent")


@require_GET
def reset_sent(request: HttpRequest) -> HttpResponse:
    # The whole path is for the person who develops; on a server it is nobody's business.
    context = {"mail_folder": resets.mail_folder(), "debug": django_settings.DEBUG}
    return render(request, "accounts/reset_sent.html", context)


@never_cache
@sensitive_post_parameters("new")
@read_or_send
def new_password(request: HttpRequest, pk: UUID, token: str) -> HttpResponse:
    user = resets.user_of_link(pk, token)
    if user is None:
        return render(request, "accounts/reset_over.html", status=410)
    form = NewPasswordForm(request.POST or None, user=user)
    if not form.is_valid():
        return _form_page(request, "accounts/new_password.html", form, person=user)
    resets.set_password(request=request, user=user, new=form.cleaned_data["new"])
    messages.success(request, "Your new password is set. Log in with it.")
    return redirect("accounts:login")


# --- The account ----------------------------------------------------------------------------------


@never_cache
@login_required
@require_GET
def settings(request: HttpRequest) -> HttpResponse:
    return _settings_page(request)


@never_cache
@login_required
@read_or_send
def rename(request: HttpRequest) -> HttpResponse:
    form = NameForm(request.POST or None, auto_id="profile_%s")
    if not form.is_bound:
        return redirect("accounts:settings")
    if not form.is_valid():
        return _settings_page(request, name_form=form)
    services.rename(user=_user(request), name=form.cleaned_data["name"])
    messages.success(request, "Your name is changed.")
    return redirect("accounts:settings")


@never_cache
@login_required
@sensitive_post_parameters("old", "new")
@read_or_send
def change_password(request: HttpRequest) -> HttpResponse:
    user = _account(request)
    form = PasswordForm(request.POST or None, user=user, auto_id="password_%s")
    if not form.is_bound:
        return redirect("accounts:settings")
    if not form.is_valid():
        return _settings_page(request, password_form=form)
    try:
        services.change_password(request=request, user=user, **form.cleaned_data)
    except Refusal as refusal:
        form.add_error("old", refusal.message)
        return _with_wait(_settings_page(request, refusal.status, password_form=form), refusal)
    messages.success(request, "Your password is changed. Other devices are logged out.")
    return redirect("accounts:settings")


@never_cache
@login_required
@sensitive_post_parameters("password")
@read_or_send
def delete(request: HttpRequest) -> HttpResponse:
    """Delete the account. Guests press a button, others give their password again."""
    user = _user(request)
    form = DeleteForm(request.POST or None)
    if request.method != "POST" or not (user.is_guest or form.is_valid()):
        return _form_page(request, "accounts/delete.html", form)
    try:
        services.delete_account(user=user, password=form.data.get("password", ""))
    except Refusal as refusal:
        return _refused(request, "accounts/delete.html", form, refusal, field="password")
    services.log_out(request)
    messages.success(request, "Everything of yours is deleted.")
    return redirect("home")


@never_cache
@login_required
@read_or_send
def issue_token(request: HttpRequest) -> HttpResponse:
    """The new token is shown in this very answer and kept nowhere."""
    user = _account(request)
    form = TokenForm(request.POST or None, auto_id="token_%s")
    if not form.is_bound:
        return redirect("accounts:settings")
    if not form.is_valid():
        return _settings_page(request, token_form=form)
    try:
        _token, secret = services.issue_token(user=user, **form.cleaned_data)
    except Refusal as refusal:
        form.add_error(None, refusal.message)
        return _settings_page(request, refusal.status, token_form=form)
    return _settings_page(request, new_token=secret)


@login_required
@require_POST
def revoke_token(request: HttpRequest, pk: UUID) -> HttpResponse:
    token = get_object_or_404(selectors.tokens_of(_user(request)), pk=pk)
    services.revoke_token(token=token)
    messages.success(request, f"The token “{token.name}” is revoked.")
    return redirect(f"{reverse('accounts:settings')}#tokens")


# --- What the pages share -------------------------------------------------------------------------


def _next_page(request: HttpRequest) -> str:
    """Where the person wanted to go, if that is on this site."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_ours else resolve_url("home")


def _form_page(
    request: HttpRequest, template: str, form: AccountForm, status: int = 200, **context: Any
) -> HttpResponse:
    """The page with its form; 422 when what was sent is not valid, so that scripts can tell."""
    status = 422 if form.errors and status == 200 else status
    context |= {"form": form, "next": _next_page(request)}
    return render(request, template, context, status=status)


def _refused(
    request: HttpRequest,
    template: str,
    form: AccountForm,
    refusal: Refusal,
    field: str | None = None,
) -> HttpResponse:
    """The page again, with what the service said no to beside the field (None: above them all)."""
    form.add_error(field, refusal.message)
    return _with_wait(_form_page(request, template, form, refusal.status), refusal)


def _with_wait(response: HttpResponse, refusal: Refusal) -> HttpResponse:
    if "retry_after" in refusal.details:
        response["Retry-After"] = str(refusal.details["retry_after"])
    return response


def _settings_page(request: HttpRequest, status: int = 200, **changed: Any) -> HttpResponse:
    """All of the account on one page; `changed` replaces what it shows, a form with errors say."""
    user = _user(request)
    context = {
        "name_form": NameForm(initial={"name": user.name}, auto_id="profile_%s"),
        "password_form": PasswordForm(user=user, auto_id="password_%s"),
        "token_form": TokenForm(auto_id="token_%s"),
        "new_token": None,
        "tokens": selectors.tokens_of(user),
        "quota_bytes": django_settings.USER_QUOTA_BYTES,
    } | changed
    has_errors = any(isinstance(form, AccountForm) and form.errors for form in context.values())
    status = 422 if has_errors and status == 200 else status
    return render(request, "accounts/settings.html", context, status=status)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # login_required has seen to it.
    return request.user


def _account(request: HttpRequest) -> User:
    """The person behind the request, who must have an account. Raises AccountNeeded."""
    return services.require_account(_user(request))


def _has_account(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and not request.user.is_guest
