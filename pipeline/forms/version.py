"""The versions that edits of a receiver profile or an endpoint name (``vastdash.version``)."""

from pipeline.forms.endpoint import content_of
from pipeline.models import Endpoint, ReceiverProfile
from vastdash.version import version_of


def profile_version(profile: ReceiverProfile) -> str:
    """The version that an edit of a profile must name; "" for one that is not saved yet."""
    content = {"name": profile.name, "title": profile.title, "config": profile.config}
    return version_of(content) if profile.pk else ""


def endpoint_version(endpoint: Endpoint) -> str:
    """The version that an edit of an endpoint must name; "" for one that is not saved yet."""
    return version_of(content_of(endpoint)) if endpoint.pk else ""
