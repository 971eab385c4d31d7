"""The account pages."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import resets, services
from accounts.forms import (
    DeleteForm,
    LoginForm,
    NameForm,
    NewPasswordForm,
    PasswordForm,
    ResetForm,
    SignUpForm,
    TokenForm,
)
from accounts.models import ApiToken, User
from accounts.refusals import Refusal

read_or_send = require_http_methods(["GET", "HEAD", "POST"])


def next_page(request: HttpRequest) -> str:
    """Where the person wanted to go, if that is on this site."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_ours else resolve_url("home")


@never_cache
@sensitive_post_parameters("password")
@read_or_send
def sign_up(request: HttpRequest) -> HttpResponse:
    form = SignUpForm(request.POST or None)
    if form.is_valid():
        services.sign_up(request=request, **form.cleaned_data)
        messages.success(request, "Welcome! Your account is ready.")
        return redirect(next_page(request))
    return _form_page(request, "accounts/sign_up.html", form)


@never_cache
@sensitive_post_parameters("password")
@read_or_send
def log_in(request: HttpRequest) -> HttpResponse:
    form = LoginForm(request.POST or None)
    if form.is_valid():
        try:
            services.log_in(request=request, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, refusal.message)
            return _form_page(request, "accounts/login.html", form, status=refusal.status)
        return redirect(next_page(request))
    return _form_page(request, "accounts/login.html", form)


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    services.log_out(request)
    return redirect("home")


@never_cache
@read_or_send
def reset(request: HttpRequest) -> HttpResponse:
    """Ask for a link by mail. The answer is the same whether the address is known or not."""
    form = ResetForm(request.POST or None)
    if form.is_valid():
        email = form.cleaned_data["email"]
        services.check_reset_allowed(request=request, email=email)
        resets.send_link(request=request, email=email)
        return redirect("accounts:reset-sent")
    return _form_page(request, "accounts/reset.html", form)


@require_GET
def reset_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/reset_sent.html", {"mail_folder": resets.mail_folder()})


@never_cache
@sensitive_post_parameters("new")
@read_or_send
def new_password(request: HttpRequest, pk: UUID, token: str) -> HttpResponse:
    user = resets.user_of_link(pk, token)
    if user is None:
        return render(request, "accounts/reset_over.html", status=410)
    form = NewPasswordForm(request.POST or None, user=user)
    if form.is_valid():
        resets.set_password(user=user, new=form.cleaned_data["new"])
        messages.success(request, "Your new password holds. Log in with it.")
        return redirect("accounts:login")
    return _form_page(request, "accounts/new_password.html", form)


@never_cache
@login_required
@require_GET
def settings(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    context = {
        "name_form": NameForm(initial={"name": user.name}),
        "password_form": PasswordForm(user=user),
        "token_form": TokenForm(),
        "tokens": user.tokens.filter(revoked_at=None).order_by("-created_at"),
        # Shown once: it leaves the session as it is shown.
        "new_token": request.session.pop("new_token", None),
    }
    return render(request, "accounts/settings.html", context)


@login_required
@require_POST
def rename(request: HttpRequest) -> HttpResponse:
    form = NameForm(request.POST)
    if form.is_valid():
        services.rename(user=_user(request), name=form.cleaned_data["name"])
        messages.success(request, "Your name is changed.")
        return redirect("accounts:settings")
    return _form_page(request, "accounts/rename.html", form)


@login_required
@sensitive_post_parameters("old", "new")
@read_or_send
def change_password(request: HttpRequest) -> HttpResponse:
    user = _account(request)
    form = PasswordForm(request.POST or None, user=user)
    if form.is_valid():
        try:
            services.change_password(request=request, user=user, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error("old", refusal.message)
            return _form_page(request, "accounts/password.html", form, status=refusal.status)
        messages.success(request, "Your password is changed. Other devices are logged out.")
        return redirect("accounts:settings")
    return _form_page(request, "accounts/password.html", form)


@never_cache
@login_required
@sensitive_post_parameters("password")
@read_or_send
def delete(request: HttpRequest) -> HttpResponse:
    """Delete the account. Guests press a button, others give their password again."""
    user = _user(request)
    form = DeleteForm(request.POST or None)
    if request.method == "POST" and (user.is_guest or form.is_valid()):
        try:
            services.delete_account(user=user, password=form.data.get("password", ""))
        except Refusal as refusal:
            form.add_error("password", refusal.message)
            return _form_page(request, "accounts/delete.html", form, status=refusal.status)
        services.log_out(request)
        messages.success(request, "Everything of yours is deleted.")
        return redirect("home")
    return _form_page(request, "accounts/delete.html", form)


@login_required
@require_POST
def issue_token(request: HttpRequest) -> HttpResponse:
    form = TokenForm(request.POST)
    if form.is_valid():
        name, days = form.cleaned_data["name"], form.cleaned_data["days"]
        _token, secret = services.issue_token(user=_user(request), name=name, days=days)
        request.session["new_token"] = secret
        return redirect(f"{reverse('accounts:settings')}#tokens")
    return _form_page(request, "accounts/token.html", form)


@login_required
@require_POST
def revoke_token(request: HttpRequest, pk: UUID) -> HttpResponse:
    token = get_object_or_404(ApiToken, pk=pk, user=_user(request))
    services.revoke_token(token=token)
    messages.success(request, f"The token {token} is revoked.")
    return redirect(f"{reverse('accounts:settings')}#tokens")


def _form_page(
    request: HttpRequest, template: str, form: object, status: int | None = None
) -> HttpResponse:
    """The page with its form; 422 when what was sent is not valid, so that scripts can tell."""
    status = status or (422 if getattr(form, "errors", None) else 200)
    context = {"form": form, "next": next_page(request)}
    return render(request, template, context, status=status)


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _account(request: HttpRequest) -> User:
    """The person behind the request, who must have an account. Raises AccountNeeded."""
    return services.require_account(_user(request))
