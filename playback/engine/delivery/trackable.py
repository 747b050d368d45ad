"""What can be tracked: addresses under the key of their event, several under one key (playback.md 1.9, 2.39)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, runtime_checkable

from vast.macros import Context

ONCE: Final = frozenset(
    (
        *("loaded", "impression", "creativeView", "start", "progress"),
        *("firstQuartile", "midpoint", "thirdQuartile", "complete", "skip", "notUsed"),
        *("closeLinear", "close", "verificationNotExecuted", "viewable", "notViewable", "viewUndetermined"),
    )
)
"""Events that happen once to a creative; every other one is told each time (playback.md 2.33)."""

CONTEXTS: Final[Mapping[str, Context]] = {
    "error": "error",
    "click": "click",
    "clickThrough": "click",
    "customClick": "click",
    "verificationNotExecuted": "verification",
}


def context_of(event: str) -> Context:
    """Which macros an address of this event may use."""
    return CONTEXTS.get(event, "tracking")


def event_of(key: str) -> str:
    """The event of a key: `progress-5.5` is progress at 5.5 s, any other key is its event."""
    name, dash, _ = key.partition("-")
    return name if dash and name == "progress" else key


@runtime_checkable
class Trackable(Protocol):
    """An address to call under a key, with facts beside it."""

    key: str
    value: str

    def get_extra(self, name: str, default: Any = None) -> Any: ...

    def set_extra(self, name: str, value: Any) -> None: ...

    def has_extra(self, name: str) -> bool: ...

    async def send_with(
        self, client: Any, macros: Mapping[str, Any] | None = None, **context: Any
    ) -> bool: ...


@dataclass(slots=True)
class TrackableEvent:
    """One tracker of a document, or of a caller: the key of its event, its address, and extras."""

    key: str
    value: str
    extras: dict[str, Any] = field(default_factory=dict)

    def get_extra(self, name: str, default: Any = None) -> Any:
        return self.extras.get(name, default)

    def set_extra(self, name: str, value: Any) -> None:
        self.extras[name] = value

    def has_extra(self, name: str) -> bool:
        return name in self.extras

    async def send_with(self, client: Any, macros: Mapping[str, Any] | None = None, **context: Any) -> bool:
        """Send this one by itself through a tracker of its own; `context` are that tracker's arguments. True on 2xx."""
        from playback.engine.delivery.tracker import VastTracker  # noqa: PLC0415  a tracker is made of trackables

        results = await VastTracker({self.key: [self]}, client, **context).track_event(self.key, macros)
        return bool(results) and all(result.succeeded for result in results)

    def to_dict(self) -> dict[str, Any]:
        return {"key": self.key, "value": self.value, "extras": dict(self.extras)}

    def copy(self) -> "TrackableEvent":
        return TrackableEvent(self.key, self.value, dict(self.extras))


Given = Mapping[str, "str | Trackable | Iterable[str | Trackable]"]


class TrackableCollection:
    """Trackables in the order they were added; a key may hold several."""

    def __init__(self, items: Iterable[Trackable] = ()) -> None:
        self._by_key: dict[str, list[Trackable]] = {}
        for item in items:
            self.add(item)

    @classmethod
    def of(cls, given: "Given | TrackableCollection") -> "TrackableCollection":
        """A collection of its own from event -> addresses or trackables, one or several."""
        if isinstance(given, TrackableCollection):
            return cls(map(_own, given))
        return cls(_own(item, key) for key, items in given.items() for item in _several(items))

    def add(self, item: Trackable) -> None:
        self._by_key.setdefault(item.key, []).append(item)

    def get(self, key: str, default: Trackable | None = None) -> Trackable | None:
        """The first one under a key."""
        return next(iter(self._by_key.get(key, ())), default)

    def get_all(self, key: str) -> tuple[Trackable, ...]:
        """Every one under a key, in order."""
        return tuple(self._by_key.get(key, ()))

    def get_by_predicate(self, wanted: Callable[[Trackable], bool]) -> tuple[Trackable, ...]:
        return tuple(item for item in self if wanted(item))

    def keys(self) -> tuple[str, ...]:
        return tuple(self._by_key)

    def __getitem__(self, key: str) -> tuple[Trackable, ...]:
        return tuple(self._by_key[key])

    def __contains__(self, key: object) -> bool:
        return key in self._by_key

    def __len__(self) -> int:
        return sum(map(len, self._by_key.values()))

    def __iter__(self) -> Iterator[Trackable]:
        return (item for items in self._by_key.values() for item in items)


def _several(items: "str | Trackable | Iterable[str | Trackable]") -> "Iterable[str | Trackable]":
    if isinstance(items, str):
        return (items,)
    return (items,) if isinstance(items, Trackable) else items


def _own(item: "str | Trackable", key: str = "") -> Trackable:
    # What a tracker notes about its trackables must not show in another tracker of the same ones.
    if isinstance(item, str):
        return TrackableEvent(key, item)
    return item.copy() if isinstance(item, TrackableEvent) else item
