"""One remark about a document or a bid, for people and for machines: a stable code, the bid it concerns, a sentence."""

from typing import NamedTuple


class Notice(NamedTuple):
    """`code` is stable and upper case, `bid_id` is "" when no bid is concerned, `text` is one plain sentence."""

    code: str
    bid_id: str
    text: str
