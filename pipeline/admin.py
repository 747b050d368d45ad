"""Builds as a superuser sees them: to look, not to change."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from pipeline.models import Build


@admin.register(Build)
class BuildAdmin(admin.ModelAdmin):
    list_display = ("public_id", "title", "receiver", "no_ad", "created_by", "created_at")
    list_filter = ("receiver", "no_ad")
    search_fields = ("public_id", "title")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Build]:
        return super().get_queryset(request).defer(*Build.large())

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False
