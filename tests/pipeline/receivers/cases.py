"""The case folders: <receiver>/{exemplary,supplemental}/<case>/ with what goes in and what is expected to come out.

In: response.json, config.json and perhaps request.json. Out: expected.xml (the whole document), expected.json (the fate
of every bid, the codes of all notices, what was edited and by which rule), and asked.json beside a request.json (the
request as the receiver wants it sent). `python -m tests.pipeline.receivers.write` renews what is expected.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.engine import RECEIVERS, VastResult, build_vast_from_bid_response

ROOT = Path(__file__).parent
KINDS = ("exemplary", "supplemental")


class Case(NamedTuple):
    """One folder."""

    path: Path

    def __str__(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def kind(self) -> str:
        return self.path.parent.name

    @property
    def receiver(self) -> str:
        return self.path.parent.parent.name.upper()

    def json(self, name: str) -> Any:
        """The content of a JSON file of the folder, None where there is none."""
        path = self.path / name
        return json.loads(path.read_bytes()) if path.exists() else None

    def built(self) -> VastResult:
        response = (self.path / "response.json").read_bytes()
        return build_vast_from_bid_response(self.json("request.json"), response, self.json("config.json"))

    def outcome(self) -> dict[str, bytes]:
        """What the engine makes of the case now: file name -> content."""
        result = self.built()
        written = {"expected.xml": result.xml, "expected.json": _text(told(result))}
        request = self.json("request.json")
        if request is not None:
            written["asked.json"] = _text(RECEIVERS[self.receiver].asked(request))
        return written


def told(result: VastResult) -> dict[str, Any]:
    """What is expected beside the document."""
    return {
        "vast_version": result.vast_version,
        "selected": [
            {
                "bid": item.meta.bid_id,
                "sequence": item.sequence,
                "origin": item.origin,
                "edits": [f"{edit.action} {edit.field} at {edit.where} ({edit.rule})" for edit in item.edits],
            }
            for item in result.selected
        ],
        "rejected": [
            {"bid": row.bid_id, "position": row.position, "code": row.code} for row in result.rejected
        ],
        "warnings": [[notice.code, notice.bid_id] for notice in result.warnings],
        "errors": [[notice.code, notice.bid_id] for notice in result.errors],
    }


def _text(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def cases() -> list[Case]:
    """Every case folder, in order of its path."""
    return [
        Case(path)
        for receiver in RECEIVERS
        for kind in KINDS
        for path in sorted((ROOT / receiver.lower() / kind).glob("*/"))
    ]
