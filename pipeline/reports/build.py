"""The report of a build: what was decided on each bid, what was remarked, and the document."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pipeline.build_page.page import strip_of
from pipeline.build_page.verdict import remarks, verdict
from pipeline.models import Build
from vastdash.reports.report import Data, Kind, Report

HEADER = (
    "fate", "place", "bid", "seat", "imp", "price", "currency", "deal", "advertiser", "creative", "because", "code",
)  # fmt: skip

_GRAVITY = ("error", "warning", "info")


def report(public_id: str) -> Report | None:
    build = Build.objects.select_related("request").filter(public_id=public_id).first()
    if build is None:
        return None
    return Report(build.title, _data(build), {"strip": strip_of(build)})


def titles(public_ids: Collection[str]) -> dict[str, str]:
    return dict(Build.objects.filter(public_id__in=public_ids).values_list("public_id", "title"))


def rows(data: Data) -> Iterator[Sequence[Any]]:
    """Every bid, the served ones first, in the columns of ``HEADER``."""
    yield HEADER
    for bid in data["bids"]:
        yield [bid[name] for name in HEADER]


def _data(build: Build) -> dict[str, Any]:
    decisions = build.result
    found = verdict(decisions)
    return {
        "kind": "build",
        "id": build.public_id,
        "title": build.title,
        "made_at": build.created_at.isoformat(timespec="seconds"),
        "receiver": build.receiver,
        "profile": build.receiver_profile,
        "publisher": build.publisher,
        "outcome": {
            "no_ad": build.no_ad,
            "no_bid_reason": decisions["nbr"],
            "selected": build.selected_count,
            "rejected": build.rejected_count,
            "rejected_by": [{"code": code, "bids": count} for code, count in found.rejected],
            "disagreements": [
                {"ad": item.number, "bid": item.bid_id, "text": item.text} for item in found.disagreements
            ],
        },
        "bids": [*_selected(decisions), *_rejected(decisions)],
        "notices": [
            *[_notice("error", notice) for notice in decisions["errors"]],
            *[_notice("warning", notice) for notice in remarks(decisions)],
        ],
        "lint": _lint(build.findings),
        "vast_version": decisions["vast_version"],
        "vast": build.vast,
    }


def _lint(findings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How many findings there are of each severity, and each remark once with how often it was made."""
    times = Counter((found["severity"], found["text"], found["rule"]) for found in findings)
    severities = Counter(found["severity"] for found in findings)
    return {
        "counts": [{"severity": name, "number": severities[name]} for name in _GRAVITY if severities[name]],
        "remarks": [
            {"severity": severity, "text": text, "rule": rule, "times": count}
            for (severity, text, rule), count in times.items()
        ],
    }


def _selected(decisions: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for bid in decisions["selected"]:
        place = bid["sequence"]
        because = f"place {place} of the pod" if place else "the best usable bid"
        stands_for = "" if bid["origin"] == "adm" else f"; its ad is a {bid['origin']}"
        yield {
            "fate": "selected",
            "place": place,
            "bid": bid["bid_id"],
            "seat": bid["seat"],
            "imp": bid["imp_id"],
            "price": bid["price"],
            "currency": bid["currency"],
            "deal": bid["deal_id"],
            "advertiser": bid.get("adomain"),
            "creative": bid.get("creative_id"),
            "because": because + stands_for,
            "code": None,
        }


def _rejected(decisions: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    nothing = dict.fromkeys(HEADER)
    for bid in decisions["rejected"]:
        yield {
            **nothing,
            "fate": "rejected",
            "bid": bid["bid_id"],
            "seat": bid["seat"],
            "imp": bid["imp_id"],
            "price": bid["price"],
            "because": bid["text"],
            "code": bid["code"],
        }


def _notice(level: str, notice: Mapping[str, Any]) -> dict[str, Any]:
    return {"level": level, "bid": notice["bid_id"], "text": notice["text"], "code": notice["code"]}


KIND = Kind("build", "build", "reports/build.html", report, titles, rows)
