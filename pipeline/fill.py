"""How many builds and requests ended with an ad within a stretch of time."""

from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Q, Sum

from pipeline.models import Build, EndpointTraffic, Outcome

FAILURES = (Outcome.AUCTION_FAILED, Outcome.UNUSABLE, Outcome.BROKEN)


class Built(NamedTuple):
    """Builds, those with at least one ad, and those whose document has errors by the linter."""

    builds: int
    filled: int
    wrong: int


class Asked(NamedTuple):
    """Requests to the endpoints, those that were given an ad, and those that failed rather than found none."""

    requests: int
    filled: int
    failed: int


Stretch = tuple[datetime, datetime]
"""From the one moment, included, to the other."""


def built(stretches: list[Stretch]) -> list[Built]:
    """The builds of each stretch, in one query."""
    sums = {}
    for place, (since, until) in enumerate(stretches):
        within = Q(created_at__gte=since, created_at__lt=until)
        sums[f"builds_{place}"] = Count("pk", filter=within)
        sums[f"filled_{place}"] = Count("pk", filter=within & Q(no_ad=False))
        sums[f"wrong_{place}"] = Count("pk", filter=within & Q(lint_error_count__gt=0))
    rows = Build.objects.filter(created_at__gte=min(since for since, _ in stretches))
    found = rows.aggregate(**sums)
    return [Built(*(found[f"{name}_{place}"] for name in Built._fields)) for place in range(len(stretches))]


def asked(stretches: list[Stretch]) -> list[Asked]:
    """The requests of each stretch, in one query. Counters are of whole hours: stretches should be, too."""
    sums = {}
    for place, (since, until) in enumerate(stretches):
        within = Q(hour__gte=since, hour__lt=until)
        sums[f"requests_{place}"] = Sum("requests", filter=within, default=0)
        sums[f"filled_{place}"] = Sum("requests", filter=within & Q(outcome=Outcome.FILL), default=0)
        sums[f"failed_{place}"] = Sum("requests", filter=within & Q(outcome__in=FAILURES), default=0)
    rows = EndpointTraffic.objects.filter(hour__gte=min(since for since, _ in stretches))
    found = rows.aggregate(**sums)
    return [Asked(*(found[f"{name}_{place}"] for name in Asked._fields)) for place in range(len(stretches))]
