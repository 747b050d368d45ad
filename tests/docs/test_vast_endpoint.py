"""docs/vast-endpoint.md is held against the table of parameters, the notices and the tags it prints."""

import ast
import re
from pathlib import Path

import pytest

from pipeline.engine import PARAMETERS, Parameter, request_from_query
from pipeline.engine.query.parameters import SECTIONS
from pipeline.engine.query.parameters.parameter import Alias
from pipeline.engine.query.rules import DEFAULT_MIMES, DEFAULT_PROTOCOLS

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "vast-endpoint.md").read_text(encoding="utf-8")
HEADINGS = {"impression": "Impression", "inventory": "App or site", "viewer": "Viewer", "request": "Request"}


def escaped(text: str) -> str:
    return text.replace("|", "\\|")


def name_cell(row: Parameter) -> str:
    """The names in order, grouped as long as the dialect and what they take stay the same."""
    groups: list[tuple[str, list[str]]] = []
    for alias in row.aliases:
        remark = remarked(row, alias)
        if groups and groups[-1][0] == remark:
            groups[-1][1].append(f"`{alias.name}`")
        else:
            groups.append((remark, [f"`{alias.name}`"]))
    return "; ".join(f"{' '.join(names)} {remark}" for remark, names in groups)


def remarked(row: Parameter, alias: Alias) -> str:
    return alias.dialect if alias.kind is row.kind else f"{alias.dialect} ({alias.kind.says})"


def line_of(row: Parameter) -> str:
    cells = (f"`{row.target}`", name_cell(row), row.kind.says, row.meaning)
    return f"| {' | '.join(escaped(cell) for cell in cells)} |"


def section(heading: str) -> str:
    [found] = [
        part for part in re.split(r"^###? ", TEXT, flags=re.MULTILINE) if part.startswith(heading + "\n")
    ]
    return found


@pytest.mark.parametrize("name", SECTIONS)
def test_every_parameter_is_documented_with_all_its_names_and_nothing_else_is(name: str) -> None:
    printed = [line for line in section(HEADINGS[name]).splitlines() if line.startswith("| `")]
    assert printed == [line_of(row) for row in SECTIONS[name]]


def test_every_name_stands_in_the_tables() -> None:
    cells = [
        line.split(" | ")[1]
        for heading in HEADINGS.values()
        for line in section(heading).splitlines()
        if line.startswith("| `")
    ]
    named = [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]
    assert sorted(named) == sorted(alias.name for row in PARAMETERS for alias in row.aliases)


def test_every_notice_code_is_explained() -> None:
    codes = set()
    for path in (ROOT / "pipeline/engine/query").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
                "notice",
                "Notice",
            ):
                codes |= {node.args[0].value} if isinstance(node.args[0], ast.Constant) else set()
    explained = set(re.findall(r"^\| `([A-Z_]+)` \|", section("Notices"), re.MULTILINE))
    assert explained == codes


def test_every_code_of_an_auction_is_explained() -> None:
    auction = (ROOT / "pipeline/engine/auction.py").read_text(encoding="utf-8")
    codes = {f"AUCTION_{part}" for part in re.findall(r"_Failed\(\s*\"([A-Z_]+)\"", auction)}
    for path in (ROOT / "pipeline/endpoint").glob("*.py"):
        codes.update(re.findall(r"\bAUCTION_[A-Z_]+(?=\")", path.read_text(encoding="utf-8")))
    assert len(codes) > 5
    explained = re.findall(r"^\| `([A-Z_]+)` \|", section("Auctions"), re.MULTILINE)
    assert sorted(explained) == sorted(codes)


def test_the_defaults_are_the_ones_in_use() -> None:
    assert f"`{', '.join(DEFAULT_MIMES)}`" in TEXT
    assert f"`{', '.join(map(str, DEFAULT_PROTOCOLS))}`" in TEXT


TAGS = re.findall(r"```text\n(https://\S+/vast/SLUG\?.*?)\n```", TEXT, re.DOTALL)


def test_there_is_a_tag_for_each_kind_of_sender() -> None:
    assert len(TAGS) == 4


@pytest.mark.parametrize("tag", TAGS)
def test_a_printed_tag_is_understood_once_its_macros_are_filled_in(tag: str) -> None:
    query = tag.replace("\n", "").partition("?")[2]
    empty, notices = request_from_query(query, {}, "192.0.2.1", new_id=lambda: "1")
    assert {notice.code for notice in notices} == {"MACRO_UNEXPANDED"}
    assert empty["imp"][0]["video"]
    fillings = {"IP": "198.51.100.7", "LMT": "0", "USP": "1YNN"}
    macro = r"\{\{(\w+)\}\}|%%(\w+)%%|\[(\w+)\]"
    filled = re.sub(
        macro, lambda found: fillings.get((found[1] or found[2] or found[3])[:3].strip("_"), "7"), query
    )
    request, notices = request_from_query(filled, {}, "192.0.2.1", new_id=lambda: "1")
    assert not notices
    assert request["app"]["bundle"] == "com.example.tv"
    assert request["imp"][0]["video"]["poddur"] > 1
    assert request["device"]["ip"] == "198.51.100.7"
