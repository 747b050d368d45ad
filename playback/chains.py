"""How a chain of hops is kept in rows, and how it becomes the engine's chain again, to be shown or replayed.

Bodies are kept once however many hops brought them: a hop's record names its body by hash (``body_sha256``). A body
that is no text a column could hold stays in the record, in base64.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from playback.engine.request.chain import Chain, Hop
from playback.models import AdDocument, BatchAd, BatchCell, Session, SessionChain

BODY, PACKED = "body_sha256", "body_base64"


Kept = SessionChain | BatchAd
"""A row that keeps a chain: the same two columns."""


def keep(session: Session, chain: Chain) -> SessionChain:
    """The stored chain of a session; the bodies of its hops are documents of their own."""
    record, texts = _record(chain)
    row = SessionChain.objects.create(session=session, record=record)
    row.bodies.set({AdDocument.keep(text) for text in texts})
    return row


def keep_on(ad: BatchAd, chain: Chain) -> None:
    """The same on the ad of a batch, which is stored already."""
    ad.record, texts = _record(chain)
    ad.save(update_fields=["record"])
    ad.bodies.set({AdDocument.keep(text) for text in texts})


def _record(chain: Chain) -> tuple[dict[str, Any], list[str]]:
    """The chain as it is kept, and the bodies that are documents of their own."""
    texts = [(hop, _text(hop.body)) for hop in chain.hops]
    record = chain.to_dict(with_bodies=False)
    record["hops"] = [_hop(hop, text) for hop, text in texts]
    return record, [text for _, text in texts if text]


def kept_of(session: Session) -> Kept | None:
    """The row that keeps how this session came to its ad: its own, or that of its batch."""
    if session.batch_id is not None:
        return ad_of_batch(session)
    return getattr(session, "chain", None)


def ad_of_batch(session: Session) -> BatchAd | None:
    """The ad of a session of a batch; None where its cell is gone."""
    cell = cell_of_batch(session)
    return None if cell is None or cell.ad.record is None else cell.ad


def cell_of_batch(session: Session) -> BatchCell | None:
    """The cell of a session of a batch, with its ad; looked for once."""
    if "_cell" not in session.__dict__:
        cells = BatchCell.objects.select_related("ad__document", "ad__build").filter(
            batch_id=session.batch_id
        )
        session.__dict__["_cell"] = cells.filter(first__lte=session.ordinal).order_by("-first").first()
    return session.__dict__["_cell"]


def chain_of(row: Kept) -> Chain:
    """The chain with its bodies, as the engine replays it. ``KeyError`` when a body is gone; ``ValueError`` or
    ``TypeError`` for a record that this version cannot read."""
    bodies = dict(row.bodies.values_list("sha256", "xml"))
    hops = [_with_body(hop, bodies) for hop in row.record["hops"]]
    return Chain.from_dict({**row.record, "hops": hops})


def shown_chain(row: Kept) -> Chain:
    """The chain as it is told, without bodies."""
    hops = [
        {name: value for name, value in hop.items() if name not in (BODY, PACKED)}
        for hop in row.record["hops"]
    ]
    return Chain.from_dict({**row.record, "hops": hops})


def body_of(session: Session, sha256: str) -> bytes | None:
    """The document of this hash among those that a session was given or fetched; None when it is not among them."""
    chain = kept_of(session)
    if chain is None:
        return session.document.xml.encode() if session.document else None
    if kept := chain.bodies.filter(sha256=sha256).first():
        return kept.xml.encode()
    packed = (b64decode(hop[PACKED]) for hop in chain.record["hops"] if hop.get(PACKED))
    return next((body for body in packed if digest(body) == sha256), None)


def digest(body: bytes) -> str:
    return sha256(body).hexdigest()


def _hop(hop: Hop, text: str | None) -> dict[str, Any]:
    record = hop.to_dict(with_body=False)
    if text is None:
        return {**record, PACKED: b64encode(hop.body).decode("ascii")}
    return {**record, BODY: digest(hop.body)} if text else record


def _text(body: bytes) -> str | None:
    """What a text column can hold: PostgreSQL takes no NUL."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _with_body(hop: Mapping[str, Any], bodies: Mapping[str, str]) -> dict[str, Any]:
    record = dict(hop)
    named = record.pop(BODY, None)
    return {**record, "body": bodies[named]} if named else record
