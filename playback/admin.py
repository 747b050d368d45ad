"""Rows of the playback half as a superuser sees them: to look, not to change."""

from django.contrib import admin

from playback.models import Provider, Session, SessionChain


@admin.register(Provider)
class ProviderAdmin(admin.ModelAdmin):
    list_display = ("name", "title", "position", "updated_at")
    # Rules are checked by the engine where the site edits them; raw JSON typed here could break every start.
    readonly_fields = ("playback",)


class SessionChainInline(admin.StackedInline):
    model = SessionChain
    can_delete = False
    extra = 0
    # Bodies are other people's documents, any number of them; the session's page shows each at its hop.
    fields = readonly_fields = ("record",)

    def has_add_permission(self, request: object, obj: object = None) -> bool:
        return False


@admin.register(Session)
class SessionAdmin(admin.ModelAdmin):
    list_display = ("public_id", "title", "source", "status", "mode", "provider", "delivery", "created_at")
    list_filter = ("status", "mode", "source", "delivery", "provider")
    inlines = (SessionChainInline,)
    search_fields = ("own_id",)

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False
