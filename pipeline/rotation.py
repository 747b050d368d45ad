"""The public address of an endpoint, and how it gets another."""

from typing import Any

from django.http import HttpRequest

from pipeline.models import Endpoint
from vastdash.models import new_public_id


def address(request: HttpRequest, endpoint: Endpoint) -> str:
    """The absolute address that players call, as seen from where this request came in."""
    return request.build_absolute_uri(f"/vast/{endpoint.slug}")


def rotate(endpoint: Endpoint, user: Any) -> None:
    """A new address; the old one stops at once and never comes back."""
    endpoint.slug = new_public_id()
    endpoint.updated_by = user
    endpoint.save()
