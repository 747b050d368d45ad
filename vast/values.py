"""Reads the small things elements hold (addresses, numbers, durations, offsets), with a notice where one is odd."""

import re
from collections.abc import Callable, Iterable
from operator import methodcaller
from typing import TypeVar

from vast.document import LOCAL_NAMES, Element, Kids, children, text_of
from vast.durations import Offset, parse_offset, read_duration
from vast.facts import Link, Tracker
from vast.known import Known
from vast.notice import Notice

Made = TypeVar("Made")

_NUMBER = re.compile(r"([0-9]{1,9})(?:\.[0-9]{0,9})?(?:px)?")
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
NOTHING: tuple[Element, ...] = ()

# A named tuple's own constructor takes twice as long, and a document holds dozens of these.
make = tuple.__new__


class Remarks(dict[Notice, None]):
    """Collects notices for one document, each only once."""

    def add(self, code: str, text: str) -> None:
        self[Notice(code, "", text)] = None


def _read_number(text: str) -> int | None:
    match = _NUMBER.fullmatch(text.strip())
    return int(match.group(1)) if match else None


def _read_offset(text: str) -> Offset | None:
    try:
        return parse_offset(text)
    except ValueError:
        return None


# Text -> a whole number up to nine digits, also where it is written 640px or 640.0; None for what is no number.
NUMBERS = Known(_read_number)
_OFFSETS = Known(_read_offset)
_DURATIONS = Known(read_duration)


def digits(text: str | None) -> int | None:
    """A number written in up to nine digits and nothing else."""
    if text is None:
        return None
    trimmed = text.strip()
    return int(trimmed) if trimmed.isascii() and trimmed.isdigit() and len(trimmed) < 10 else None


def offset(text: str | None, remarks: Remarks) -> Offset | None:
    """A time or a percentage; what is neither is left out with a notice."""
    if not text or not text.strip():
        return None
    read = _OFFSETS[text]
    if read is None:
        remarks.add(
            "OFFSET_UNREADABLE", f"the offset {text.strip()[:40]!r} is neither a time nor a percentage"
        )
    return read


def duration(text: str | None, remarks: Remarks) -> int | None:
    """Milliseconds, with a notice where the text is not written as HH:MM:SS."""
    if text is None:
        return None
    milliseconds, remark = _DURATIONS[text]
    if remark:
        remarks.add("DURATION_LENIENT" if milliseconds is not None else "DURATION_UNREADABLE", remark)
    return milliseconds


def attribute(element: Element, name: str) -> str | None:
    """A trimmed attribute."""
    value = element.get(name)
    return None if value is None else value.strip()


# The stubs of lxml allow bytes here, which lxml never gives.
_items: Callable[[Element], list[tuple[str, str]]] = methodcaller("items")


def attributes(element: Element) -> dict[str, str]:
    """All attributes, trimmed."""
    found = {}
    for name, value in _items(element):
        found[name] = value.strip()
    return found


def flag(element: Element, name: str) -> bool | None:
    """A boolean attribute; None where it is absent or neither true nor false."""
    value = element.get(name)
    return None if value is None else _FLAGS.get(value.strip().lower())


def named(element: Element, name: str) -> list[Element]:
    """The children called `name`."""
    return [child for child in children(element) if LOCAL_NAMES[child.tag] == name]


def first(kids: Kids, name: str) -> Element | None:
    """The first child of that name."""
    found = kids.get(name)
    return found[0] if found else None


def first_text(kids: Kids, name: str) -> str | None:
    """The trimmed text of the first child of that name that has any."""
    if name in kids:
        for element in kids[name]:
            if text := text_of(element):
                return text
    return None


def urls(elements: Iterable[Element]) -> tuple[str, ...]:
    """The address of every element that has one."""
    if not elements:
        return ()
    return tuple([url for element in elements if (url := text_of(element))])


def filled(elements: Iterable[Element] | None, read: Callable[[Element, str], Made]) -> tuple[Made, ...]:
    """What `read` makes of every element that has a text, which may be an address."""
    if not elements:
        return ()
    return tuple([read(element, text) for element in elements if (text := text_of(element))])


def links(elements: Iterable[Element]) -> tuple[Link, ...]:
    """Id and address of every element that has an address."""
    if not elements:
        return ()
    found: list[Link] = []
    for element in elements:
        add_link(found, element)
    return tuple(found)


def add_text(texts: dict[str, str], name: str, element: Element) -> None:
    """Keeps the first text of that name."""
    if name not in texts and (text := text_of(element)):
        texts[name] = text


def add_link(links: list[Link], element: Element) -> None:
    """Adds the id and address of an element that has an address."""
    if url := text_of(element):
        id_ = element.get("id")
        links.append(make(Link, (None if id_ is None else id_.strip(), url)))


def add_trackers(trackers: list[Tracker], block: Element, remarks: Remarks) -> None:
    """Adds the Tracking elements of a TrackingEvents block, in document order, duplicates kept."""
    for element in children(block):
        if LOCAL_NAMES[element.tag] != "Tracking" or not (url := text_of(element)):
            continue
        event = attribute(element, "event")
        if event:
            at = element.get("offset")
            trackers.append(make(Tracker, (event, url, None if at is None else offset(at, remarks))))
        else:
            remarks.add("TRACKING_EVENT_MISSING", "a Tracking element names no event, so it never fires")


def trackers_of(blocks: Iterable[Element], remarks: Remarks) -> tuple[Tracker, ...]:
    """The Tracking elements of some TrackingEvents blocks."""
    if not blocks:
        return ()
    trackers: list[Tracker] = []
    for block in blocks:
        add_trackers(trackers, block, remarks)
    return tuple(trackers)
