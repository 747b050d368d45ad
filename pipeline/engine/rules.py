"""The words for where metadata goes and who wins when markup and bid disagree (pipeline.md §1.2, §1.9)."""

from enum import StrEnum

import msgspec


class Placement(StrEnum):
    """INLINE: the VAST element; WRAPPER: that on wrappers only; EXTENSIONS: an Extension; SKIP, OMIT: nowhere."""

    INLINE = "INLINE"
    WRAPPER = "WRAPPER"
    EXTENSIONS = "EXTENSIONS"
    SKIP = "SKIP"
    OMIT = "OMIT"


class CollisionPolicy(StrEnum):
    """What happens when the markup already says something else. ENRICH_WINS is another name for OPENRTB_WINS."""

    ERROR = "ERROR"
    VAST_WINS = "VAST_WINS"
    OPENRTB_WINS = "OPENRTB_WINS"
    ENRICH_WINS = "ENRICH_WINS"
    MERGE = "MERGE"
    OPENRTB_WINS_SILENTLY = "OPENRTB_WINS_SILENTLY"

    @property
    def overwrites(self) -> bool:
        """True where the bid's value replaces that of the markup."""
        return self in _OVERWRITING


_OVERWRITING = frozenset(
    {CollisionPolicy.OPENRTB_WINS, CollisionPolicy.ENRICH_WINS, CollisionPolicy.OPENRTB_WINS_SILENTLY}
)


class Edit(msgspec.Struct, frozen=True, gc=False):
    """One thing that enrichment or a receiver did to an ad.

    `action` is added, filled, replaced, merged or kept; `where` a path inside the Ad; `text` the value written or kept.
    `rule` is what decided: a placement or a policy by its name, or a receiver's own choice as "<receiver>: <row>", the
    row one of ROWS (pipeline.engine.receivers).
    """

    field: str
    action: str
    where: str
    rule: str
    text: str
