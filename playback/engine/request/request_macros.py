"""The macros of the requests for an ad, drawn from the request's own seed: the same seed asks the same addresses.

Source: playback.md 3.2 (context R), 3.4 (13).
"""

import re
from collections.abc import Mapping
from typing import Final

from playback.engine.delivery.macros import eight_digits, timestamp, transaction_id
from playback.engine.playing.media import PLAYABLE_TYPES
from playback.engine.request.chain import Chain
from playback.engine.splitmix import stable_key
from vast.macros import DEFAULT_FORMATS, Value, expand

_CACHEBUSTING: Final = stable_key("request:CACHEBUSTING")
# AdCOM numbers of VAST 2.0 to 4.3, each with that of its wrapper.
VAST_VERSIONS: Final = ("2", "5", "3", "6", "7", "8", "11", "12", "13", "14", "15", "16")

_FIXED: Final[Mapping[str, Value]] = {
    "VASTVERSIONS": VAST_VERSIONS,
    "MEDIAMIME": tuple(sorted(PLAYABLE_TYPES)),
    "APIFRAMEWORKS": "-1",
    "EXTENSIONS": "-1",
    "VERIFICATIONVENDORS": "-1",
    "ADTYPE": "video",
    "SERVERSIDE": "0",
}
# Whatever may be a macro in some provider's writing; `expand` decides what is one.
_PLACEHOLDER: Final = re.compile(
    r"\[\w{1,60}\]|%5[Bb]\w{1,60}%5[Dd]|%%\w{1,60}%%|\$\{\w{1,60}\}|\{\w{1,60}\}", re.ASCII
)
_MARKS: Final = re.compile(r"%5[BbDd]|[\[\]%${}]")

MacroRow = tuple[str, str, str]
"""Name of a macro, what it became in the address, and where its value came from."""


class RequestMacros:
    """The macros of one request for an ad, over all its hops.

    `given` are values by the name of their source, the later over the earlier; all of them go over what is computed.
    `formats` say how macros are written.
    """

    def __init__(
        self,
        seed: int,
        started_at: float,
        given: Mapping[str, Mapping[str, Value]],
        formats: tuple[str, ...] = DEFAULT_FORMATS,
    ) -> None:
        self._formats = formats
        self.seed = seed
        self.started_at = started_at
        self.transaction_id = transaction_id(seed)
        self._given = {
            name: (value, source) for source, values in given.items() for name, value in values.items()
        }

    def values(self, hop: int, started_ms: float) -> dict[str, Value]:
        """Macro -> value (not encoded) for the hop of this number, which began `started_ms` after the first."""
        return {name: value for name, (value, _) in self._sourced(hop, started_ms).items()}

    def expand(self, url: str, hop: int, started_ms: float) -> tuple[str, tuple[MacroRow, ...]]:
        """The address with its macros expanded, and a row for each that was."""
        sourced = self._sourced(hop, started_ms)
        values = {name: value for name, (value, _) in sourced.items()}
        rows: dict[str, MacroRow] = {}
        for placeholder in dict.fromkeys(_PLACEHOLDER.findall(url)):
            written = expand(placeholder, values, "request", self._formats)
            if written != placeholder:
                name = _MARKS.sub("", placeholder)
                rows[name] = (name, written, sourced[name][1] if name in sourced else "unknown")
        return expand(url, values, "request", self._formats), tuple(rows.values())

    def _sourced(self, hop: int, started_ms: float) -> dict[str, tuple[Value, str]]:
        computed: dict[str, Value] = {
            **_FIXED,
            "TIMESTAMP": timestamp(self.started_at + started_ms / 1000),
            "CACHEBUSTING": eight_digits(self.seed, _CACHEBUSTING + hop),
            "TRANSACTIONID": self.transaction_id,
        }
        own = {name: (value, "computed") for name, value in computed.items()}
        if "RANDOM" not in self._given:
            own["RANDOM"] = own["random"] = own["CACHEBUSTING"]
        return own | self._given


class RecordedMacros(RequestMacros):
    """The macros of a chain that was recorded: its addresses are those that were asked, whatever was given then."""

    def __init__(
        self,
        chain: Chain,
        given: Mapping[str, Mapping[str, Value]],
        formats: tuple[str, ...] = DEFAULT_FORMATS,
    ) -> None:
        super().__init__(chain.seed, chain.started_at, given, formats)
        self._hops = {hop.number: hop for hop in chain.hops}

    def expand(self, url: str, hop: int, started_ms: float) -> tuple[str, tuple[MacroRow, ...]]:
        """The address that was asked at this hop, with its rows."""
        recorded = self._hops.get(hop)
        if recorded and recorded.url == url and recorded.asked_url:
            return recorded.asked_url, recorded.macros
        return super().expand(url, hop, started_ms)
