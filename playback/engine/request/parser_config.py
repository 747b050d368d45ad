"""What shapes VastParser: VastParserConfig (the XPaths of the flat keys, leniency) and XPathSpec (one value more)."""

import codecs
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Self

from playback.engine.errors import ConfigError
from vast.xpath import XPathFault, check_xpath

_LINEAR: Final = "(InLine/Creatives/Creative[Linear])[1]"


class ExtractMode(StrEnum):
    """Whether an XPathSpec gives every value it selects, or the first."""

    LIST = "list"
    SINGLE = "single"


@dataclass(frozen=True, slots=True)
class XPathSpec:
    """One value to take out of a document: `xpath` is tried on its root element, `name` is the key of the result.

    `callback` turns each selected value (a text, an element's dict, a number) into another; where it fails, the value
    stays as it is, unless it is `required`. ConfigError for anything that cannot be used.
    """

    xpath: str
    name: str
    callback: Callable[[Any], Any] | None = None
    mode: ExtractMode = ExtractMode.LIST
    required: bool = False

    def __post_init__(self) -> None:
        name: Any = self.name
        if not isinstance(name, str) or not name:
            raise ConfigError("xpath_spec.name", f"{self.name!r} is not a name")
        place = f"xpath_spec.{self.name}"
        _check(f"{place}.xpath", self.xpath)
        if self.callback is not None and not callable(self.callback):
            raise ConfigError(f"{place}.callback", f"{self.callback!r} cannot be called")
        try:
            object.__setattr__(self, "mode", ExtractMode(self.mode))
        except ValueError:
            raise ConfigError(f"{place}.mode", f"unknown mode {self.mode!r}", ExtractMode) from None
        if not isinstance(self.required, bool):
            raise ConfigError(f"{place}.required", f"{self.required!r} is neither true nor false")


@dataclass(frozen=True, slots=True, kw_only=True)
class VastParserConfig:
    """Configuration of VastParser.

    ad_system, ad_title, impression, error, creative, media_files, tracking_events, duration, extensions: the XPath of
    the flat key of that name, tried on the first Ad that has an InLine. Names are written without prefixes.
    custom_xpaths: name -> XPath tried on the root element; the results stand under "custom".
    strict_xml: a document that only a leniency makes readable is refused with 101.
    recover_on_error: in text that is no XML, stray ampersands and HTML entities are mended once.
    encoding: of bytes that declare none.
    publisher_overrides: publisher -> the fields that differ for it.
    """

    ad_system: str = "InLine/AdSystem"
    ad_title: str = "InLine/AdTitle"
    impression: str = "InLine/Impression"
    error: str = "InLine/Error"
    creative: str = _LINEAR
    media_files: str = f"{_LINEAR}/Linear[1]/MediaFiles/MediaFile"
    tracking_events: str = f"{_LINEAR}/Linear[1]/TrackingEvents/Tracking"
    duration: str = f"{_LINEAR}/Linear[1]/Duration"
    extensions: str = "InLine/Extensions/Extension"
    custom_xpaths: Mapping[str, str] = field(default_factory=dict)
    strict_xml: bool = False
    recover_on_error: bool = True
    encoding: str = "utf-8"
    publisher_overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in XPATH_FIELDS:
            _check(name, getattr(self, name))
        for name in ("strict_xml", "recover_on_error"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigError(name, f"{getattr(self, name)!r} is neither true nor false")
        object.__setattr__(self, "encoding", _encoding(self.encoding))
        custom = _mapping("custom_xpaths", self.custom_xpaths)
        for name, xpath in custom.items():
            _check(f"custom_xpaths.{name}", xpath)
        object.__setattr__(self, "custom_xpaths", MappingProxyType(custom))
        overrides = _mapping("publisher_overrides", self.publisher_overrides)
        object.__setattr__(self, "publisher_overrides", MappingProxyType({}))
        for publisher, partial in overrides.items():
            self._merged(f"publisher_overrides.{publisher}", partial)
        kept = {publisher: MappingProxyType(dict(partial)) for publisher, partial in overrides.items()}
        object.__setattr__(self, "publisher_overrides", MappingProxyType(kept))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """A configuration from a mapping of fields; ConfigError names an unknown field and the known ones."""
        stated = _mapping("parser", data)
        for name in stated:
            if name not in FIELDS:
                raise ConfigError(name, "unknown field", FIELDS)
        return cls(**stated)

    def to_dict(self) -> dict[str, Any]:
        """Every field as JSON-native values; `from_dict` gives an equal configuration."""
        values = {name: getattr(self, name) for name in FIELDS}
        overrides = {name: _thawed(partial) for name, partial in self.publisher_overrides.items()}
        return {**values, "custom_xpaths": dict(self.custom_xpaths), "publisher_overrides": overrides}

    def for_publisher(self, publisher: str | None) -> Self:
        """The configuration of a publisher; one without overrides has this one. Custom XPaths are merged by name."""
        partial = self.publisher_overrides.get(publisher) if publisher else None
        return self if partial is None else self._merged(f"publisher_overrides.{publisher}", partial)

    def _merged(self, place: str, partial: Any) -> Self:
        stated = _mapping(place, partial)
        known = [name for name in FIELDS if name != "publisher_overrides"]
        for name in stated:
            if name not in known:
                raise ConfigError(f"{place}.{name}", "unknown field", known)
        custom = {**self.custom_xpaths, **_mapping(f"{place}.custom_xpaths", stated.get("custom_xpaths", {}))}
        values = {name: getattr(self, name) for name in known}
        return type(self)(**{**values, **stated, "custom_xpaths": custom})

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, name) for name in (*XPATH_FIELDS, "strict_xml", "encoding")))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).from_dict, (self.to_dict(),)


FIELDS: Final = tuple(item.name for item in fields(VastParserConfig))
XPATH_FIELDS: Final = FIELDS[: FIELDS.index("custom_xpaths")]


def _check(field: str, xpath: Any) -> None:
    try:
        check_xpath(xpath)
    except XPathFault as fault:
        raise ConfigError(field, str(fault)) from None


def _mapping(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise ConfigError(name, f"{type(value).__name__} is not a mapping of names")
    return dict(value)


def _thawed(partial: Mapping[str, Any]) -> dict[str, Any]:
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in partial.items()}


def _encoding(name: Any) -> str:
    try:
        "<".encode(name)
        return codecs.lookup(name).name
    except (TypeError, LookupError, UnicodeError):
        raise ConfigError("encoding", f"{name!r} is not the name of a text encoding") from None
