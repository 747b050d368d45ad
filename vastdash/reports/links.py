"""Links to reports: made for a time, revoked before it, found again by what stands in their address.

The address carries the link's public id, signed with the site's key under a salt of its own; everything else is asked
of the row, so that a link can end early.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import structlog
from django.core.signing import BadSignature, Signer
from django.db import OperationalError
from django.db.models import F

from vastdash.models import ReportLink
from vastdash.roles import Action, may

log = structlog.get_logger(__name__)

LIFETIMES: Final = {
    "hour": ("1 hour", timedelta(hours=1)),
    "day": ("1 day", timedelta(days=1)),
    "week": ("7 days", timedelta(days=7)),
    "month": ("30 days", timedelta(days=30)),
}
_SIGNER = Signer(salt="vastdash.reports.link", sep=".")
_LONGEST = 100


class State(StrEnum):
    OPEN = "open"
    EXPIRED = "expired"
    REVOKED = "revoked"


def lifetimes(most_days: int) -> dict[str, tuple[str, timedelta]]:
    """How long a link may be made for on a site that allows so many days."""
    longest = timedelta(days=most_days)
    return {name: row for name, row in LIFETIMES.items() if row[1] <= longest}


def make(kind: str, subject: str, user: Any, until: datetime) -> ReportLink:
    return ReportLink.objects.create(kind=kind, subject=subject, created_by=user, expires_at=until)


def token_of(link: ReportLink) -> str:
    """What stands in the link's address."""
    return _SIGNER.sign(link.public_id)


def find(token: str) -> ReportLink | None:
    """The link of this token, whatever its state; None for one that this site never gave out."""
    if len(token) > _LONGEST:
        return None
    try:
        public_id = _SIGNER.unsign(token)
    except BadSignature:
        return None
    return ReportLink.objects.select_related("created_by").filter(public_id=public_id).first()


def state_of(link: ReportLink, now: datetime) -> State:
    if link.revoked_at:
        return State.REVOKED
    return State.EXPIRED if link.expires_at <= now else State.OPEN


def note_opened(link: ReportLink, now: datetime) -> None:
    """Counts an opening; the report matters, the count does not."""
    try:
        ReportLink.objects.filter(pk=link.pk).update(opened=F("opened") + 1, last_opened_at=now)
    except OperationalError:
        log.warning("opening of a report not counted", link=link.public_id)


def may_revoke(user: Any, link: ReportLink) -> bool:
    """One's own links always, others' by who may delete."""
    return link.created_by_id == user.pk or may(user, Action.DELETE)


def revoke(link: ReportLink, user: Any, now: datetime) -> None:
    """From now on the link opens nothing; the first revocation counts."""
    changed = ReportLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=now, revoked_by=user)
    if changed:
        link.revoked_at, link.revoked_by = now, user
