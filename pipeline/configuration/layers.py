"""The layers of a receiver configuration: the installation's settings, a publisher, a profile; the later wins."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from pipeline.engine import MergedConfig, merge_config
from vastdash.models import Publisher

Layer = Mapping[str, Any]


def merged(account: Layer | None = None, profile: Layer | None = None) -> MergedConfig:
    """The effective configuration, what is wrong with its layers, and the layer each value came from.

    ``account`` is what a publisher states, ``profile`` what is stated for one build or endpoint.
    """
    return merge_config(settings.RECEIVER_CONFIG, account, profile)


def account_of(publisher: Publisher | None) -> Layer | None:
    """The layer of a publisher; None where there is none."""
    return publisher.receiver_config if publisher else None
