"""What is wrong with a VAST document: vastlint's findings, and checks of our own where it is silent.

vastlint takes UTF-8 of at most 4 MiB and 127 levels; what passes those limits is a finding, not an error.
"""

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Literal, cast

import vastlint  # type: ignore[import-untyped]

from vast.document import MAX_NODES, Document, Element, local_name, parse, serialise, text_of
from vast.durations import parse_offset, read_duration
from vast.edit import children, first_child
from vast.errors import VastError
from vast.events import TRACKING_EVENTS
from vast.known import Known

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: the rule's stable name, a sentence, line (from 1) and path where known, the source of the rule."""

    rule: str
    severity: Severity
    text: str
    line: int | None
    path: str
    spec: str


_SEVERITIES: dict[str, Severity] = {"error": "error", "warning": "warning", "info": "info"}
# A served document holds up to a hundred ads, each of which was within the reader's limit.
MAX_LINTED_NODES = 10 * MAX_NODES
_LONGEST_NAME = 60
_INTEGER = re.compile(r"[0-9]+")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_MODELS = frozenset({"cpc", "cpm", "cpe", "cpv"})
_SIZES = ("width", "height", "bitrate", "minBitrate", "maxBitrate")
_NAMED_EVENT = re.compile(r'\[@event="([^"]*)"\]$')
_AD_PATH = re.compile(r"/VAST/Ad\[([0-9]+)\]")
_STEP = re.compile(r"(?:[^:\[\]]+:)?([^:\[\]]+)(?:\[([0-9]{1,9})\])?")
_REPEATED = frozenset(
    {"Ad", "Creative", "Tracking", "MediaFile", "Mezzanine", "Companion", "NonLinear", "Icon"}
)

# A call of vastlint 0.16 brings the process down once another thread that called it has ended (SIGSEGV in its library),
# and a web server's threads end with their requests. So one thread calls it, and lives as long as the process.
_LINTER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="vastlint")

_Raw = tuple[str, Severity, str, str]


class _Paths(dict[Element, str]):
    """The path of an element, in which those that come again are numbered from 0.

    All children of a parent get theirs at once: counting the ones before each would be quadratic. Long names are
    cropped: thousands of findings may have them in their paths.
    """

    def __missing__(self, element: Element) -> str:
        parent = element.getparent()
        if parent is None:
            return f"/{local_name(element)[:_LONGEST_NAME]}"
        above, seen = self[parent], Counter[str]()
        for child in parent.iterchildren("*"):
            name = local_name(child)[:_LONGEST_NAME]
            self[child] = f"{above}/{name}[{seen[name]}]" if name in _REPEATED else f"{above}/{name}"
            seen[name] += 1
        return self[element]


class _Lines(dict[Element, list[Element]]):
    """The lines of vastlint's paths, which number an element among all children of its parent, from 0.

    The children of a parent are listed once: thousands of findings may be about them.
    """

    def __missing__(self, element: Element) -> list[Element]:
        self[element] = list(element.iterchildren("*"))
        return self[element]

    def at(self, root: Element, path: str) -> int | None:
        """None for a path that leads nowhere."""
        found = root
        for step in path.split("/")[2:]:
            named = _STEP.fullmatch(step)
            below = self[found]
            if named is None:
                return None
            if named[2] is not None:
                below = below[int(named[2]) :][:1]
            there = next((child for child in below if local_name(child) == named[1]), None)
            if there is None:
                return None
            found = there
        return cast("int", found.sourceline)


def _meant(event: str) -> str:
    close = difflib.get_close_matches(event, TRACKING_EVENTS, 1, 0.6)
    return f"; did you mean {close[0]!r}?" if close else ""


# Unknown event -> the question which one was meant: what is wrong in one ad is wrong in all of its bidder's.
_MEANT = Known(_meant)


def _tracking(element: Element) -> Iterator[_Raw]:
    event = element.get("event")
    if event is None or not event.strip():
        yield (
            "tracking-event-missing",
            "error",
            "<Tracking> names no event, so it never fires",
            "VAST 4.2 §3.14.1",
        )
    elif event.strip() not in TRACKING_EVENTS:
        text = f"no VAST version knows the event {event.strip()[:40]!r}, so it never fires{_MEANT[event.strip()]}"
        yield "tracking-event-unknown", "error", text, "VAST 4.2 §3.14.1"


def _numbers(element: Element) -> Iterator[_Raw]:
    for name in _SIZES:
        value = element.get(name)
        if value is not None and not _INTEGER.fullmatch(value.strip()):
            text = f"{name} of <{local_name(element)}> is {value[:40]!r}, not a whole number"
            yield f"{name.lower()}-not-a-number", "error", text, "VAST 4.2 §3.9.1"


def _pricing(element: Element) -> Iterator[_Raw]:
    text, model = text_of(element), (element.get("model") or "").strip()
    if not _DECIMAL.fullmatch(text):
        yield (
            "pricing-not-a-number",
            "error",
            f"<Pricing> is {text[:40]!r}, not a decimal number",
            "VAST 4.2 §3.4.8",
        )
    if model.lower() not in _MODELS:
        sentence = f"the model of <Pricing> is {model[:40]!r}, not one of CPM, CPC, CPE, CPV"
        yield "pricing-model", "error", sentence, "VAST 4.2 §3.4.8"


def _linear(element: Element) -> Iterator[_Raw]:
    stated = first_child(element, "Duration")
    duration_ms = read_duration(text_of(stated))[0]
    if stated is not None and not text_of(stated):
        yield "duration-empty", "error", "<Duration> is empty", "VAST 4.2 §3.8.1"
    if duration_ms is None:
        return
    skip = _offset_ms(element.get("skipoffset"), duration_ms)
    if skip is not None and skip >= duration_ms:
        text = f"the skipoffset {element.get('skipoffset')!r} is not before the ad's end: it can never be skipped"
        yield "skipoffset-beyond-duration", "warning", text, "VAST 4.2 §3.8"
    for block in children(element, "TrackingEvents"):
        for tracking in children(block, "Tracking"):
            at = _offset_ms(tracking.get("offset"), duration_ms)
            if at is not None and at > duration_ms:
                text = f"the progress offset {tracking.get('offset')!r} lies after the end of the ad, so it never fires"
                yield "progress-beyond-duration", "warning", text, "VAST 4.2 §3.14.1"


def _offset_ms(text: str | None, duration_ms: int) -> int | None:
    try:
        return parse_offset(text or "").at(duration_ms)
    except ValueError:
        return None


_CHECKS: dict[str, Callable[[Element], Iterator[_Raw]]] = {
    "Tracking": _tracking,
    "MediaFile": _numbers,
    "Mezzanine": _numbers,
    "Pricing": _pricing,
    "Linear": _linear,
}


def _inside_extension(element: Element) -> bool:
    """Inside an Extension names mean what its owner wants."""
    return any(
        local_name(ancestor) in ("Extension", "CreativeExtension") for ancestor in element.iterancestors()
    )


def _own(document: Document, lines_before: int) -> Iterator[Finding]:
    paths = _Paths()
    for element in document.root.iter("*"):
        check = _CHECKS.get(local_name(element))
        if check is None or _inside_extension(element):
            continue
        for rule, severity, text, spec in check(element):
            line = lines_before + cast("int", element.sourceline)
            yield Finding(f"vastdash-{rule}", severity, text, line, paths[element], spec)


def _theirs(xml: bytes) -> Iterator[Finding]:
    for issue in _LINTER.submit(vastlint.validate, xml).result().issues:
        named = _NAMED_EVENT.search(issue.path or "")
        if named and named.group(1).strip() not in TRACKING_EVENTS:
            # Said better by the check of our own, which names the event that was meant.
            continue
        severity = _SEVERITIES.get(issue.severity, "warning")
        yield Finding(issue.id, severity, issue.message, issue.line, issue.path or "", issue.spec_ref or "")


def _placed(findings: Iterable[Finding], document: Document, lines_before: int) -> Iterator[Finding]:
    """vastlint names no line for what it finds in addresses."""
    lines = _Lines()
    for finding in findings:
        line = finding.line or lines.at(document.root, finding.path)
        yield finding if line is None or finding.line else replace(finding, line=lines_before + line)


def _refused(error: VastError) -> Finding:
    rule = f"vastdash-{error.reason.lower().replace('_', '-')}"
    return Finding(rule, "error", error.text, None, "/", f"VAST error code {error.code}")


def _order(finding: Finding) -> tuple[int, int, str, str]:
    return (
        ("error", "warning", "info").index(finding.severity),
        finding.line or 0,
        finding.path,
        finding.rule,
    )


def _utf8(xml: bytes, document: Document) -> bytes:
    """The bytes themselves where they are UTF-8, so that lines stay; else the tree written again."""
    try:
        xml.decode("utf-8")
    except UnicodeDecodeError:
        return serialise(document.root)
    return xml


def lint(xml: bytes, ad_versions: Sequence[str] = ()) -> tuple[Finding, ...]:
    """All findings, errors first, then by line. Never raises for the document.

    `ad_versions` names, ad by ad, the version each was written for; findings that are there only because the root
    carries a higher one say so.
    """
    try:
        document = parse(xml, lenient=True, max_nodes=MAX_LINTED_NODES)
    except VastError as error:
        return (_refused(error),)
    plain = _utf8(xml, document)
    blank = plain[: len(plain) - len(plain.removeprefix(b"\xef\xbb\xbf").lstrip())]
    lines_before = blank.count(b"\n")
    findings = [*_own(document, lines_before), *_placed(_theirs(plain), document, lines_before)]
    lower = [version for version in set(ad_versions) if version < document.version]
    for version in sorted(lower):
        findings = list(_explained(findings, document, version, ad_versions))
    return tuple(sorted(findings, key=_order))


def _explained(
    findings: Sequence[Finding], document: Document, version: str, ad_versions: Sequence[str]
) -> Iterator[Finding]:
    declared = document.root.get("version")
    document.root.set("version", version)
    there = {(finding.rule, finding.path) for finding in _theirs(serialise(document.root))}
    document.root.set("version", declared or document.version)
    for finding in findings:
        ad = _AD_PATH.match(finding.path)
        number = int(ad.group(1)) if ad else len(ad_versions)
        written_for = ad_versions[number] if number < len(ad_versions) else ""
        ours = finding.rule.startswith("vastdash-")
        if written_for == version and not ours and (finding.rule, finding.path) not in there:
            reason = (
                f"(only because the document was raised to VAST {document.version}; the ad is VAST {version})"
            )
            yield replace(finding, text=f"{finding.text} {reason}")
        else:
            yield finding
