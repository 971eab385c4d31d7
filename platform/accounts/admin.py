"""People, their tokens and what is counted of them, for staff."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat

from accounts import services
from accounts.models import ApiToken, Attempt, User

admin.site.site_header = "Mixarena"
admin.site.site_title = "Mixarena"
admin.site.unregister(Group)


@admin.register(User)
class PersonAdmin(UserAdmin):
    list_display = ("__str__", "email", "is_guest", "is_staff", "stored", "date_joined")
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

    @admin.display(description="Stored", ordering="storage_bytes")
    def stored(self, user: User) -> str:
        return filesizeformat(user.storage_bytes)

    # Files go with the rows only when the other apps are told.
    def delete_model(self, request: HttpRequest, obj: User) -> None:
        services.erase(user=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            services.erase(user=user)


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


@admin.register(Attempt)
class AttemptAdmin(admin.ModelAdmin):
    """What rate limits count. Keys are hashes; deleting attempts lets somebody in again."""

    list_display = ("kind", "key", "at")
    list_filter = ("kind", "at")
    date_hierarchy = "at"
    ordering = ("-at",)
    fields = readonly_fields = ("kind", "key", "at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
