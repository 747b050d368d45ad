"""docs/receivers.md is held against the engine: rows, settings, spellings, placements, collisions, limits, codes."""

import ast
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.engine import (
    RECEIVERS,
    ROWS,
    CollisionPolicy,
    Placement,
    ReceiverConfig,
    SelectionStrategy,
    VersionPolicy,
    build_vast_from_bid_response,
    merge_config,
)
from pipeline.engine.config import ALIASES, IGNORED_KEYS, KEY_ALIASES, PLACEMENT_KEYS
from pipeline.engine.datum import AUTHORITIES
from tests.pipeline.engine.adm import Built, bid, inl, response, wrapper
from vast.document import VERSIONS

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "receivers.md").read_text(encoding="utf-8")


def table(heading: str, number: int = 0) -> list[list[str]]:
    """The rows of a table under a heading, as cells, without the head."""
    section = re.split(r"^## ", TEXT, flags=re.MULTILINE)
    [found] = [part for part in section if part.startswith(heading + "\n")]
    lines = re.findall(r"(?:^\|.*\n)+", found, re.MULTILINE)[number].splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_row_of_the_receivers_is_what_they_say_of_themselves():
    assert table("What each receiver does") == [
        [title, *(receiver.rows[row] for receiver in RECEIVERS.values())] for row, title in ROWS.items()
    ]


def test_every_setting_is_listed_with_its_default():
    plain = ReceiverConfig().to_dict()
    plain.pop("placement_rules")
    listed = {named(row[0])[0]: row for row in table("Settings")}
    assert list(listed) == [*plain, *(f"placement_rules.{key}" for key in PLACEMENT_KEYS)]
    for key, default in plain.items():
        shown = str(default).lower() if isinstance(default, bool) else str(default)
        assert named(listed[key][1]) == ([shown] if shown else []), key


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("receiver", RECEIVERS),
        ("vast_version_default", VERSIONS),
        ("selection_strategy", SelectionStrategy),
        ("collision_policy", CollisionPolicy),
        ("version_policy", VersionPolicy),
        *((f"placement_rules.{key}", Placement) for key in PLACEMENT_KEYS),
    ],
)
def test_every_value_of_a_choice_is_listed(key, values):
    [row] = [row for row in table("Settings") if named(row[0]) == [key]]
    assert named(row[2]) == [str(value) for value in values]


def test_every_other_spelling_is_listed():
    keys = [[f"`{key}`", f"`{meaning}`", ""] for key, meaning in KEY_ALIASES.items()]
    values = [
        [f"{key} `{name}`", f"`{alias.value}`", alias.remark]
        for key, aliases in ALIASES.items()
        for name, alias in aliases.items()
    ]
    assert table("Settings", 1) == keys + values


def test_every_key_of_another_server_that_is_ignored_is_listed():
    [sentence] = re.findall(r"Left out with `CONFIG_KEY_IGNORED`.*?: (.*?)\.\n", TEXT, re.DOTALL)
    assert named(sentence) == list(IGNORED_KEYS)
    notices = merge_config(profile={"placement_rules": {"debug": True}}).notices
    assert [notice.code for notice in notices] == ["CONFIG_VALUE_ADJUSTED"]


WHAT = {"price": "pricing", "advertiser": "advertiser", "categories": "categories", "debug": "debug"}
ELEMENTS = {
    "price": "Pricing",
    "advertiser": "Advertiser",
    "categories": "Category",
    "debug": "nothing of its own",
}
EXTENSIONS = {
    "price": "pricing",
    "advertiser": "advertiser",
    "categories": "iab_category",
    "debug": "openrtb",
}


def placed(what: str, kind: str, version: str, receiver: str, placement: str) -> str:
    """A cell of the table as the engine fills it."""
    markup = inl(version=version) if kind == "InLine" else wrapper(version)
    rules = dict.fromkeys(PLACEMENT_KEYS, "SKIP") | {f"{WHAT[what]}_placement": placement}
    config = {
        "receiver": receiver,
        "enable_debug": True,
        "placement_rules": rules,
        "vast_version_default": version,
    }
    built = Built(bid(adm=markup, adomain=["a.example"], cat=["IAB1"], dur=30), config=config)
    star = "\\*" if built.codes("b1") else ""
    if built.inline(ELEMENTS[what]):
        return ELEMENTS[what] + star
    return ("Extension" if built.extensions(EXTENSIONS[what]) else "nothing") + star


def ads_of(row: str) -> list[tuple[str, str, str, str]]:
    """(what, kind, version, receiver) for every ad that the first cell of a row stands for."""
    what, _, ad = row.partition(", ")
    kind = ad.split()[0]
    numbers = re.findall(r"\d\.\d", ad)
    versions = [v for v in VERSIONS if v >= numbers[0]] if "from" in ad else numbers or list(VERSIONS)
    receivers = ["GAM_SSU"] if "for GAM_SSU" in ad else list(RECEIVERS)
    if kind == "Wrapper" and what in ("advertiser", "categories") and "for GAM_SSU" not in ad:
        receivers.remove("GAM_SSU")
    return [(what, kind, version, receiver) for version in versions for receiver in receivers]


@pytest.mark.parametrize("row", table("Placements"), ids=lambda row: row[0])
def test_every_placement_writes_what_its_cell_says(row):
    for ad in ads_of(row[0]):
        filled = [placed(*ad, placement) for placement in ("INLINE", "WRAPPER", "EXTENSIONS", "SKIP", "OMIT")]
        assert filled == [*row[1:], row[4]], ad


def test_every_kind_of_ad_is_in_the_table_of_placements():
    listed = [ad for row in table("Placements") for ad in ads_of(row[0])]
    assert len(listed) == len(set(listed))
    missing = {
        (what, kind, version, receiver)
        for what in WHAT
        for kind in ("InLine", "Wrapper")
        for version in VERSIONS
        for receiver in RECEIVERS
    }.difference(listed)
    # Before the version from which GAM_SSU has its own row, it does as the others.
    assert missing == {("advertiser", "Wrapper", "2.0", "GAM_SSU")} | {
        ("categories", "Wrapper", version, "GAM_SSU") for version in ("2.0", "3.0")
    }
    for what, kind, version, receiver in missing:
        cells = [placed(what, kind, version, receiver, placement) for placement in ("INLINE", "WRAPPER")]
        assert cells == ["Extension\\*", "Extension"]


@pytest.mark.parametrize("row", table("Collisions"), ids=lambda row: row[0])
def test_every_policy_does_to_the_example_what_its_cells_say(row):
    policy, _, price, duration = row
    adm = inl(inside='<Pricing model="cpm" currency="GBP">3.00</Pricing>')
    config = {"collision_policy": policy, "placement_rules": {"pricing_placement": "INLINE"}}
    built = Built(bid(price=9.99, adm=adm), config=config)
    prices = [f"{node.text} {node.get('currency')}" for node in built.inline("Pricing")]
    beside = [
        f"{leaf.text} {leaf.get('currency')} in an Extension"
        for ext in built.extensions("pricing")
        for leaf in ext
    ]
    assert (" and ".join([*prices, *beside]) or "no ad") == price
    assert ("".join(Built(bid(dur=15), config=config).texts("Duration")) or "no ad") == duration


def test_every_policy_and_strategy_and_version_policy_has_its_row():
    assert {row[0] for row in table("Collisions")} == set(CollisionPolicy)
    assert [row[0] for row in table("Strategies")] == list(SelectionStrategy)
    assert [row[0] for row in table("Versions")] == list(VersionPolicy)


def test_the_category_lists_are_those_that_have_an_authority():
    [sentence] = re.findall(r"`bid\.cattax` names: (.*?)\(AdCOM", TEXT, re.DOTALL)
    assert {int(number) for number in re.findall(r"\d+", sentence)} == set(AUTHORITIES)


LIMITS = [
    (request, named(row[2])[0])
    for row, request in zip(
        table("Limits of the request"),
        [
            {"badv": ["a.example"]},
            {"bcat": ["IAB1"]},
            {"bidfloor": 6},
            {"mincpmpersec": 1},
            {"minduration": 31},
            {"maxduration": 29},
            {"rqddurs": [15]},
            {"poddur": 20},
            {"maxseq": 1},
            {"podid": "p"},
        ],
        strict=True,
    )
]


@pytest.mark.parametrize(("limit", "code"), LIMITS, ids=str)
def test_every_limit_rejects_with_the_code_that_is_listed(limit, code):
    top = {key: value for key, value in limit.items() if key in ("badv", "bcat")}
    imp = {key: value for key, value in limit.items() if key == "bidfloor"}
    video = {key: value for key, value in limit.items() if key not in top | imp}
    request = {"imp": [{"id": "1", "video": video, **imp}], **top}
    config = {"enforce_pod": True, "selection_strategy": "ALL"}
    bids = [bid(f"b{n}", 5 - n, adomain=["a.example"], cat=["IAB1"]) for n in range(2)]
    result = build_vast_from_bid_response(request, response(*bids), config)
    assert {row.code for row in result.rejected} == {code}
    named_fields = named(next(row[0] for row in table("Limits of the request") if named(row[2]) == [code]))
    assert code == "BELOW_FLOOR" or next(iter(limit)) in named_fields


# Modules of the engine whose codes are told of elsewhere: the tag's address and the auction.
ELSEWHERE = {"auction.py", "connections.py"}
_CODE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
# Words in capitals that are values or reasons, not codes.
_WORDS = {
    *CollisionPolicy, *Placement, *SelectionStrategy, *RECEIVERS,
    *(name for aliases in ALIASES.values() for name in aliases),
    *("NOT_VAST", "NOT_XML", "TOO_DEEP", "TOO_LARGE", "TOO_MANY_NODES"),
}  # fmt: skip
_READING = ("NOT_JSON", "NESTED_TOO_DEEP", "NOT_AN_OBJECT")
_ANSWER = (*_READING, "IS_A_REQUEST", "NOT_A_BID_RESPONSE", "TOO_MANY_BIDS")
_QUESTION = (*_READING, "IS_A_RESPONSE")


def codes_in_the_source() -> set[str]:
    """Every code in the sources of a build, found among their strings; parts of codes are put together."""
    files = [path for path in (ROOT / "pipeline/engine").glob("*.py") if path.name not in ELSEWHERE]
    found = {
        node.value
        for path in [*files, ROOT / "vast/document.py"]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value)
    }
    whole = {f"RESPONSE_{part}" for part in _ANSWER} | {f"REQUEST_{part}" for part in _QUESTION}
    assert found.issuperset({*_ANSWER, *_QUESTION})
    return found - _WORDS - {*_ANSWER, *_QUESTION} | whole


def test_every_code_of_a_build_is_listed_and_no_other():
    listed = [named(row[0])[0] for row in table("Notice codes")]
    assert len(listed) == len(set(listed))
    assert set(listed) == codes_in_the_source()


def test_codes_end_what_their_row_says():
    ends = {named(row[0])[0]: row[1] for row in table("Notice codes")}
    assert set(ends.values()) == {"response", "bid", "says", "bid under ERROR"}
    assert all(end == "response" for code, end in ends.items() if code.startswith("RESPONSE_"))
    rejecting = {code for _, code in LIMITS} | {"DURATION_UNKNOWN", "POD_FULL", "NOT_HIGHEST_RANKED"}
    assert {ends[code] for code in rejecting} == {"bid"}


def test_the_printed_command_runs():
    [command] = re.findall(r"```sh\n(.*?)\n```", TEXT, re.DOTALL)
    words = shlex.split(command)
    assert words[:2] == [".venv/bin/python", "manage.py"]
    answer = subprocess.run(
        [sys.executable, *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["receiver"] == "FREEWHEEL"


def test_links_within_the_page_lead_somewhere():
    headings = {
        re.sub(r"[^\w-]", "", title.lower().replace(" ", "-"))
        for title in re.findall(r"^## (.*)$", TEXT, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([\w-]+)\)", TEXT)) <= headings
