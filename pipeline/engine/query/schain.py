"""A supply chain in a parameter: JSON, or the serialised form "1.0,1!asi,sid,hp,rid,name,domain!…".

Sources: IAB SupplyChain object 1.0 and its serialisation for tags; OpenRTB 2.6 §3.2.25 and §3.2.26.
"""

from collections.abc import Mapping
from typing import Any

from pipeline.engine.query.json_text import json_object
from pipeline.engine.query.line import decoded

_FIELDS = ("asi", "sid", "hp", "rid", "name", "domain")
_BITS = {"0": 0, "1": 1}
_FORM = "must be a supply chain: JSON with ver, complete and nodes, or 1.0,1!asi,sid,hp"


def read_schain(raw: str) -> dict[str, Any]:
    """The chain as OpenRTB spells it, from a value not yet decoded.

    Each part of the serialised form is percent-encoded by itself, so that "," and "!" within it part nothing; a tag may
    encode the whole once more. Raises ValueError when ver, complete, asi or sid is missing.
    """
    text = decoded(raw)
    if text.startswith("{"):
        chain = json_object(text) or {}
        # As some write it: the object round the chain with it.
        inner = chain.get("schain", chain)
        if not isinstance(inner, dict) or not _is_chain(inner):
            raise ValueError(_FORM)
        return inner
    head, *nodes = (raw if "," in raw and "!" in raw else text).split("!")
    version, _, complete = head.partition(",")
    chain = {
        "complete": _BITS.get(complete.strip()),
        "nodes": [_node(node) for node in nodes],
        "ver": version.strip(),
    }
    if not _is_chain(chain):
        raise ValueError(_FORM)
    return chain


def _node(text: str) -> dict[str, Any]:
    node: dict[str, Any] = {}
    for field, part in zip(_FIELDS, text.split(","), strict=False):
        if value := decoded(part):
            node[field] = _BITS.get(value, 1) if field == "hp" else value
    return node


def _is_chain(chain: Mapping[str, Any]) -> bool:
    nodes = chain.get("nodes")
    return (
        isinstance(chain.get("ver"), str)
        and bool(chain["ver"])
        and type(chain.get("complete")) is int
        and chain["complete"] in (0, 1)
        and isinstance(nodes, list)
        and bool(nodes)
        and all(isinstance(node, Mapping) and node.get("asi") and node.get("sid") for node in nodes)
    )
