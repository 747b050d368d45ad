"""What a search finds: sessions, builds, batches, profiles and words of the trade, by id, name or words of a title.

Another kind is one line in ``KINDS``. Each looks at a bounded number of rows: ids by the beginning, along their index;
titles of builds among the newest; titles of sessions among the few titles they share.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from django.db.models import Max, Model, Q, QuerySet
from django.urls import reverse

from pipeline.models import Build, Endpoint, ReceiverProfile
from playback.models import Batch, Provider, Session, SessionTitle
from vastdash import glossary
from vastdash.models import PUBLIC_ID_LENGTH, Publisher

MOST: Final = 8
"""Of each kind."""
SHORTEST: Final = 2
_WORDS_MAX = 6
_TITLES_LOOKED_AT = 5000
_ID = re.compile(f"[0-9a-z]{{1,{PUBLIC_ID_LENGTH}}}")
# The last letter of an id: no id that begins so lies behind the beginning filled up with it.
_LAST = "z"


class Hit(NamedTuple):
    """Something found. ``name`` is its id or name, ``names`` all that it answers to exactly."""

    name: str
    title: str
    detail: str
    address: str
    names: tuple[str, ...]


class Kind(NamedTuple):
    """``find`` gives at most ``MOST`` hits for a text, the best first."""

    title: str
    find: Callable[[str], list[Hit]]


class Found(NamedTuple):
    """The hits of one kind."""

    title: str
    hits: list[Hit]


def search(text: str) -> list[Found]:
    """What fits the text, kind by kind, without the kinds that have nothing."""
    asked = " ".join(text.split())
    if len(asked) < SHORTEST:
        return []
    return [Found(kind.title, hits) for kind in KINDS if (hits := kind.find(asked))]


def exact(found: Iterable[Found], text: str) -> str | None:
    """The address of the one thing that has exactly this id or name; None where none or several have."""
    name = text.strip().lower()
    addresses = {hit.address for kind in found for hit in kind.hits if name in map(str.lower, hit.names)}
    return addresses.pop() if len(addresses) == 1 else None


def _hit(name: str, title: str, detail: str, route: str, *more: str) -> Hit:
    return Hit(name, title, detail, reverse(route, args=[name]), (name, *more))


def _begins(column: str, text: str) -> Q | None:
    """Ids that begin so, as a range along the index; None for what no id begins with."""
    beginning = text.lower()
    if not _ID.fullmatch(beginning):
        return None
    return Q(**{f"{column}__gte": beginning, f"{column}__lte": beginning.ljust(PUBLIC_ID_LENGTH, _LAST)})


def _words(text: str, *columns: str) -> Q:
    """Every word in one of the columns, in any case."""
    found = Q()
    for word in text.split()[:_WORDS_MAX]:
        anywhere = Q()
        for column in columns:
            anywhere |= Q(**{f"{column}__icontains": word})
        found &= anywhere
    return found


def _first(*lists: Iterable[Any]) -> list[Any]:
    """The rows of several lists, each once, no more than are shown."""
    rows = {row.pk: row for rows in lists for row in rows}
    return list(rows.values())[:MOST]


def _sessions(text: str) -> list[Hit]:
    rows = Session.objects.listed()
    own = _begins("own_id", text)
    by_id = rows.filter(own).order_by("own_id")[:MOST] if own else rows.named(text) if "-" in text else ()
    found = _first(by_id, _titled(rows, text))
    return [_hit(row.public_id, row.title, _ended(row), "session") for row in found]


def _titled(rows: "QuerySet[Session]", text: str) -> list[Session]:
    """The newest of each title that has the words: along an index that begins with the title."""
    titles = SessionTitle.objects.filter(_words(text, "text")).order_by("-id")[:MOST]
    newest = [
        row for title in titles for row in rows.filter(titled=title).order_by("-created_at", "-id")[:MOST]
    ]
    return sorted(newest, key=lambda row: row.created_at, reverse=True)


def _ended(row: Session) -> str:
    status = f"{row.status}: {row.end_reason}" if row.end_reason not in ("", row.status) else row.status
    return ", ".join(filter(None, (status, row.provider)))


def _builds(text: str) -> list[Hit]:
    rows = Build.objects.defer(*Build.large())
    own = _begins("public_id", text)
    by_id = rows.filter(own).order_by("public_id")[:MOST] if own else ()
    found = _first(by_id, _newest(rows, Build).filter(_words(text, "title"))[:MOST])
    return [_hit(row.public_id, row.title, row.receiver, "build") for row in found]


def _newest(rows: QuerySet, model: type[Model]) -> QuerySet:
    """Only so many rows are looked at for words."""
    last = model.objects.aggregate(last=Max("pk"))["last"] or 0  # type: ignore[attr-defined]
    return rows.filter(pk__gt=last - _TITLES_LOOKED_AT).order_by("-pk")


def _batches(text: str) -> list[Hit]:
    own = _begins("public_id", text)
    by_id = Batch.objects.filter(own).order_by("public_id")[:MOST] if own else ()
    found = _first(by_id, _newest(Batch.objects.all(), Batch).filter(_words(text, "title"))[:MOST])
    return [
        _hit(row.public_id, row.title, f"{row.sessions} sessions, {row.status}", "batch") for row in found
    ]


def _endpoints(text: str) -> list[Hit]:
    named = _words(text, "title")
    for column in ("public_id", "slug"):
        named |= _begins(column, text) or Q()
    rows = Endpoint.objects.filter(named)[:MOST]
    return [_hit(row.public_id, row.title, f"/vast/{row.slug}", "endpoint", row.slug) for row in rows]


def _named(model: Any, route: str) -> Callable[[str], list[Hit]]:
    """Rows with a name and a title, of which there are few."""

    def find(text: str) -> list[Hit]:
        rows = model.objects.filter(_words(text, "name", "title"))[:MOST]
        return [_hit(row.name, row.title, "", route) for row in rows]

    return find


def _terms(text: str) -> list[Hit]:
    found = [term for term in glossary.TERMS.values() if text.lower() in term.name.lower()][:MOST]
    return [
        Hit(term.name, term.name, term.meaning, f"{reverse('glossary')}#{term.slug}", ()) for term in found
    ]


KINDS: Final = (
    Kind("Sessions", _sessions),
    Kind("Builds", _builds),
    Kind("Batches", _batches),
    Kind("Providers", _named(Provider, "provider")),
    Kind("Publishers", _named(Publisher, "publisher")),
    Kind("Receivers", _named(ReceiverProfile, "receiver")),
    Kind("Endpoints", _endpoints),
    Kind("Words", _terms),
)
