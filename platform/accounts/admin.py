"""People and their tokens, for staff."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import services
from accounts.models import ApiToken, User

admin.site.site_header = "Mixarena"
admin.site.site_title = "Mixarena"
admin.site.unregister(Group)


@admin.register(User)
class PersonAdmin(UserAdmin):
    list_display = ("__str__", "email", "is_guest", "is_staff", "megabytes", "date_joined")
    list_filter = ("is_guest", "is_staff", "is_active", "date_joined")
    search_fields = ("email", "name", "id")
    ordering = ("-date_joined",)
    date_hierarchy = "date_joined"
    readonly_fields = ("id", "is_guest", "storage_bytes", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("id", "email", "name", "password")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Facts", {"fields": ("is_guest", "storage_bytes", "last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "password1", "password2")}),)
    filter_horizontal = ()

    @admin.display(description="Stored (MB)", ordering="storage_bytes")
    def megabytes(self, user: User) -> str:
        return f"{user.storage_bytes / 1e6:.1f}"


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    list_display = ("name", "prefix", "user", "created_at", "last_used_at", "expires_at", "usable")
    list_filter = ("created_at", "revoked_at")
    search_fields = ("name", "prefix", "user__email", "user__name")
    list_select_related = ("user",)
    actions = ("revoke",)
    fields = readonly_fields = (
        *("name", "prefix", "user", "created_at", "last_used_at", "expires_at", "revoked_at"),
    )

    @admin.display(boolean=True)
    def usable(self, token: ApiToken) -> bool:
        return token.is_usable()

    @admin.action(description="Revoke the chosen tokens", permissions=["change"])
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        for token in tokens:
            services.revoke_token(token=token)
        self.message_user(request, f"{len(tokens)} tokens revoked.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
