"""The layers of a receiver configuration: the installation's settings, a publisher, a profile; the later wins."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from pipeline.engine import MergedConfig, merge_config
from vastdash.models import Publisher


def merged(publisher: Publisher | None = None, profile: Mapping[str, Any] | None = None) -> MergedConfig:
    """The effective configuration, what is wrong with its layers, and the layer each value came from."""
    account = publisher.receiver_config if publisher else None
    return merge_config(settings.RECEIVER_CONFIG, account, profile)
