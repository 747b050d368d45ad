"""The bid-to-VAST half of the site as a Django app."""

from django.apps import AppConfig


class PipelineConfig(AppConfig):
    name = "pipeline"
