"""The public address of an endpoint, and how it gets another."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from pipeline.models import Endpoint
from vastdash.models import new_public_id


def address(request: HttpRequest, endpoint: Endpoint) -> str:
    """The absolute address that players call, as seen from where this request came in."""
    return request.build_absolute_uri(f"/vast/{endpoint.slug}")


def rotate(endpoint: Endpoint, user: Any) -> None:
    """A new address; the old one stops at once and never comes back.

    Nothing else is written: an edit that came since the row was read stays. Raises ``Http404`` for one deleted since.
    """
    with transaction.atomic():
        get_object_or_404(Endpoint.objects.select_for_update(), pk=endpoint.pk)
        endpoint.slug = new_public_id()
        endpoint.updated_by = user
        endpoint.save(update_fields=["slug", "updated_by", "updated_at"])
