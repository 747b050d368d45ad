"""The VAST-to-session half of the site as a Django app."""

from django.apps import AppConfig


class PlaybackConfig(AppConfig):
    name = "playback"
