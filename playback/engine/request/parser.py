"""VastParser: a VAST document as JSON-native data, with flat keys of its first InLine ad (playback.md 1.7, 2.26-2.31).

The document is read by `vast.ad.read`, once and with its limits; what a caller configures besides are XPaths.
"""

import codecs
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, Self

from playback.engine.errors import ConfigError
from playback.engine.playing.media import choose_media
from playback.engine.request.parser_config import ExtractMode, VastParserConfig, XPathSpec
from vast.ad import MediaFile, Vast, read
from vast.document import Document, Element, children, kids_of, local_name, parse, text_of
from vast.durations import Offset, parse_offset, read_duration
from vast.errors import VastError, VastErrorCode
from vast.linear import add_media_file
from vast.notice import Notice
from vast.plain import plain
from vast.repair import repair
from vast.xpath import XPathFault, element_to_dict, select, value_of, without_namespaces

__all__ = ["ExtractMode", "VastParser", "VastParserConfig", "XPathSpec", "element_to_dict"]

_DECLARED: Final = re.compile(rb"\s*<\?xml[^>]{0,200}?\sencoding\s*=")
_MARKS: Final = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class VastParser:
    """Reads VAST documents by one configuration; keeps nothing between them.

    ConfigError for a configuration that cannot be used; for the document nothing but VastError (100, 101, 102).
    """

    def __init__(
        self, config: VastParserConfig | Mapping[str, Any] | None = None, publisher: str | None = None
    ) -> None:
        self.config = _config(config).for_publisher(publisher)

    @classmethod
    def from_config(
        cls, config: VastParserConfig | Mapping[str, Any] | None, publisher: str | None = None
    ) -> Self:
        """A parser for a configuration or a mapping of its fields, as the publisher overrides it."""
        return cls(config, publisher)

    def parse_vast(self, xml: bytes | str) -> dict[str, Any]:
        """A document as JSON-native data.

        vast_version, ads (every fact of `vast.ad.read` as dicts), errors (root Error addresses), notices ({code,
        text}), custom (name -> list of values), and of the first InLine ad: ad_system, ad_title, impression and
        error (addresses), creative {id, ad_id}, media_files, media_url (the file a player chooses), tracking_events
        {event: addresses; progress: [{offset, offset_ms, url}]}, duration (seconds), extensions {type: [element]}.
        """
        vast, root = self._read(xml)
        custom = {
            name: [value_of(found) for found in _select(f"custom_xpaths.{name}", xpath, root)]
            for name, xpath in self.config.custom_xpaths.items()
        }
        return {
            "vast_version": vast.version,
            "ads": plain(vast.ads),
            "errors": list(vast.errors),
            "notices": [{"code": notice.code, "text": notice.text} for notice in vast.notices],
            "custom": custom,
            **self._flat(_first_inline(root)),
        }

    def read(self, xml: bytes | str, *, lenient: bool = True) -> Vast:
        """The facts of a document, as `vast.ad.read` gives them: what a client with this configuration plays."""
        return self._facts(self._document(xml, lenient), lenient)

    def parse_with_specs(self, xml: bytes | str, specs: Iterable[XPathSpec]) -> dict[str, Any]:
        """name -> what each spec selects on the root element: a list, or the first value or None.

        VastError 101 (REQUIRED) where a required value is missing or its callback fails.
        """
        wanted = tuple(specs)
        names = [spec.name for spec in wanted]
        for name in names:
            if names.count(name) > 1:
                raise ConfigError(f"xpath_spec.{name}", "two specs have this name")
        _, root = self._read(xml)
        return {spec.name: _taken(spec, root) for spec in wanted}

    def parse_extensions(self, source: bytes | str | Element) -> dict[str, list[dict[str, Any]]]:
        """type -> the Extension elements of that type as dicts ("" without a type), of a document or an element."""
        root = self._read(source)[1] if isinstance(source, bytes | str) else source
        return _by_type(element for element in root.iter("*") if local_name(element) == "Extension")

    def parse_duration(self, text: str | None) -> float | None:
        """Seconds of HH:MM:SS(.mmm), of plain seconds too unless strict; None for anything else."""
        milliseconds, remark = read_duration(text if isinstance(text, str) else None)
        return None if milliseconds is None or (remark and self.config.strict_xml) else milliseconds / 1000

    def element_to_dict(self, element: Element) -> dict[str, Any]:
        """An element as {"name", "attributes", "text", "children"}: names bare, texts trimmed, order kept."""
        return element_to_dict(element)

    def _read(self, xml: bytes | str) -> tuple[Vast, Element]:
        if not isinstance(xml, bytes | str):
            raise VastError(
                VastErrorCode.XML_PARSING, "NOT_XML", f"{type(xml).__name__} is not the text of a document"
            )
        document = self._document(xml)
        return self._facts(document, lenient=True), without_namespaces(document.root)

    def _facts(self, document: Document, lenient: bool) -> Vast:
        strict = self.config.strict_xml
        vast = read(document, lenient=lenient and not strict)
        if strict and vast.notices:
            raise VastError(VastErrorCode.SCHEMA, "STRICT", f"read strictly: {vast.notices[0].text}")
        return vast

    def _document(self, xml: bytes | str, lenient: bool = True) -> Document:
        text, lenient = self._decoded(xml), lenient and not self.config.strict_xml
        try:
            return parse(text, lenient=lenient, for_reading=True)
        except VastError as refused:
            mended = _mended(text) if refused.reason == "NOT_XML" and self.config.recover_on_error else None
            if mended is None:
                raise
            document = parse(mended, lenient=lenient, for_reading=True)
        notice = Notice("MARKUP_REPAIRED", "", "stray ampersands or HTML entities were mended")
        return document._replace(notices=(notice, *document.notices))

    def _decoded(self, xml: bytes | str) -> bytes | str:
        if isinstance(xml, str) or self.config.encoding == "utf-8":
            return xml
        if xml.startswith(_MARKS) or _DECLARED.match(xml[:400]):
            return xml
        try:
            return xml.decode(self.config.encoding)
        except UnicodeError:
            text = f"the document is not text in the encoding {self.config.encoding!r}"
            raise VastError(VastErrorCode.XML_PARSING, "ENCODING", text) from None

    def _flat(self, ad: Element | None) -> dict[str, Any]:
        creative = self._elements("creative", ad)
        media: list[MediaFile] = []
        for element in self._elements("media_files", ad):
            add_media_file(media, element)
        chosen = choose_media(media)
        length = next(iter(self._texts("duration", ad)), None)
        return {
            "ad_system": next(iter(self._texts("ad_system", ad)), None),
            "ad_title": next(iter(self._texts("ad_title", ad)), None),
            "impression": self._texts("impression", ad),
            "error": self._texts("error", ad),
            "creative": _ids(creative[0] if creative else None),
            "media_files": plain(tuple(media)),
            "media_url": chosen.url if chosen else None,
            "tracking_events": _tracking(self._elements("tracking_events", ad), read_duration(length)[0]),
            "duration": self.parse_duration(length),
            "extensions": _by_type(self._elements("extensions", ad)),
        }

    def _found(self, field: str, ad: Element | None) -> list[Any]:
        return [] if ad is None else _select(field, getattr(self.config, field), ad)

    def _texts(self, field: str, ad: Element | None) -> list[str]:
        """The texts, none of them empty, that the field's XPath selects."""
        found = self._found(field, ad)
        texts = [item.strip() if isinstance(item, str) else _text(field, item) for item in found]
        return [text for text in texts if text]

    def _elements(self, field: str, ad: Element | None) -> list[Element]:
        found = self._found(field, ad)
        if any(not hasattr(item, "tag") for item in found):
            raise ConfigError(field, f"{getattr(self.config, field)!r} has to select elements")
        return found


def _config(config: VastParserConfig | Mapping[str, Any] | None) -> VastParserConfig:
    if config is None:
        return VastParserConfig()
    return config if isinstance(config, VastParserConfig) else VastParserConfig.from_dict(config)


def _select(field: str, xpath: str, context: Element) -> list[Any]:
    try:
        return select(xpath, context)
    except XPathFault as fault:
        raise ConfigError(field, str(fault)) from None


def _text(field: str, item: Any) -> str:
    if not hasattr(item, "tag"):
        raise ConfigError(field, f"{item!r} is neither an element nor a text")
    return text_of(item)


def _mended(text: bytes | str) -> str | None:
    """The text with its ampersands mended; None where that changes nothing."""
    try:
        before = text if isinstance(text, str) else text.decode("utf-8-sig")
    except UnicodeError:
        return None
    after = repair(before)
    return None if after == before else after


def _first_inline(root: Element) -> Element | None:
    ads = (child for child in children(root) if local_name(child) == "Ad")
    return next((ad for ad in ads if "InLine" in kids_of(ad)), None)


def _ids(creative: Element | None) -> dict[str, str | None]:
    if creative is None:
        return {"id": None, "ad_id": None}
    return {"id": _said(creative, "id"), "ad_id": _said(creative, "adId", "AdID", "adID")}


def _said(element: Element, *names: str) -> str | None:
    said = (value.strip() for name in names if (value := element.get(name)) is not None)
    return next((value for value in said if value), None)


def _tracking(elements: Iterable[Element], duration_ms: int | None) -> dict[str, list[Any]]:
    """event -> addresses in document order, duplicates kept; progress with the place of each."""
    events: dict[str, list[Any]] = {}
    for element in elements:
        event, url = _said(element, "event"), text_of(element)
        if not event or not url:
            continue
        told = _progress(_said(element, "offset"), url, duration_ms) if event == "progress" else url
        events.setdefault(event, []).append(told)
    return events


def _progress(offset: str | None, url: str, duration_ms: int | None) -> dict[str, Any]:
    try:
        place: Offset | None = parse_offset(offset or "")
    except ValueError:
        place = None
    return {"offset": offset, "offset_ms": place.at(duration_ms) if place else None, "url": url}


def _by_type(extensions: Iterable[Element]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for extension in extensions:
        found.setdefault(_said(extension, "type") or "", []).append(element_to_dict(extension))
    return found


def _taken(spec: XPathSpec, root: Element) -> Any:
    values = [value_of(found) for found in _select(f"xpath_spec.{spec.name}.xpath", spec.xpath, root)]
    values = [value for value in values if value is not None and value != ""]
    if spec.mode is ExtractMode.SINGLE:
        values = values[:1]
    if spec.required and not values:
        raise VastError(VastErrorCode.SCHEMA, "REQUIRED", f"the document has no {spec.name} ({spec.xpath})")
    called = [_called(spec, value) for value in values]
    if spec.mode is ExtractMode.SINGLE:
        return called[0] if called else None
    return called


def _called(spec: XPathSpec, value: Any) -> Any:
    if spec.callback is None:
        return value
    try:
        return spec.callback(value)
    except Exception as error:
        if not spec.required:
            return value
        text = f"the callback of {spec.name} failed for {str(value)[:80]!r}: {error}"
        raise VastError(VastErrorCode.SCHEMA, "REQUIRED", text) from error
