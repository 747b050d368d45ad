"""Rows a superuser looks after by hand: people and publishers."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from vastdash.models import Publisher, User


@admin.register(User)
class PersonAdmin(UserAdmin):
    list_display = ("username", "role", "is_active", "is_superuser", "last_login")
    list_filter = ("role", "is_active", "is_superuser")
    fieldsets = (*UserAdmin.fieldsets, ("Role", {"fields": ("role",)}))  # type: ignore[misc]
    add_fieldsets = (*UserAdmin.add_fieldsets, ("Role", {"fields": ("role",)}))


@admin.register(Publisher)
class PublisherAdmin(admin.ModelAdmin):
    list_display = ("name", "title", "updated_at")
    # Overrides are checked by the engine where the site edits them; raw JSON typed here could break every start.
    readonly_fields = ("playback", "receiver_config")
