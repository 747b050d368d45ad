"""What a build page shows of its decisions."""

from typing import Any

from django import template
from django.urls import reverse

from pipeline.build_page.bid_table import BidTable, bid_table
from pipeline.build_page.markup import readable
from pipeline.build_page.page import ADS
from pipeline.build_page.verdict import remarks

register = template.Library()

# Of a longer document a page shows the beginning anyway.
_INDENTED = 1_000_000
_SIGNS = {"changed": "~", "added": "+", "removed": "\N{MINUS SIGN}", "same": ""}


register.filter(remarks)


@register.filter
def indented(xml: str) -> str:
    """A document with one element a line, where indenting it takes no noticeable time."""
    return readable(xml, ours=True) if len(xml) <= _INDENTED else xml


@register.filter
def else_all_of(table: BidTable | str, decisions: dict[str, Any]) -> BidTable:
    """A table of bids, or where there is none the first rows of all."""
    return table or bid_table(decisions)


@register.filter
def way_to_ad(number: int, build: Any) -> str:
    """Where the n-th ad of a build is told about: on the page, where that tells about it, else on its own."""
    return f"#ad-{number}" if number <= ADS else reverse("build-ad", args=[build.public_id, number])


@register.filter
def sign(kind: str) -> str:
    """The sign of a changed, added or removed line."""
    return _SIGNS[kind]


@register.filter
def layer_of(layer: str, build: Any) -> str:
    """Who said it, in words."""
    words = {
        "build": "chosen for this build",
        "otherwise": "as builds do",
        "profile": f"receiver profile {build.receiver_profile}" if build.receiver_profile else "as builds do",
        "account": f"publisher {build.publisher}",
        "host": "the installation",
        "receiver": f"the receiver {build.receiver}",
    }
    return words.get(layer, layer)
