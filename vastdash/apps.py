"""What both halves share, as a Django app."""

from django.apps import AppConfig


class VastdashConfig(AppConfig):
    name = "vastdash"
