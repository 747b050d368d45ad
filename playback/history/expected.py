"""What the published rules make us expect of the sessions of a history."""

from collections.abc import Mapping
from typing import NamedTuple

from playback.expectation import expectation
from playback.history.sentence import in_percent
from playback.history.tally import Tally
from playback.models import Provider
from playback.rows import to_partial

# The usual lengths of television ads. Days are not counted by length, so that what depends on it stays a range.
LENGTHS_MS = (6_000, 15_000, 30_000, 60_000)


class Expected(NamedTuple):
    """The share of viewings that come to their end: for an ad of the mean length of those viewed, and the lowest and
    highest over that and the usual lengths."""

    share: float
    low: float
    high: float

    @property
    def shown(self) -> str:
        low, high = in_percent(self.low), in_percent(self.high)
        return low if low == high else f"{low.removesuffix(' %')} to {high}"


def expected_completion(groups: Mapping[str | int, Tally]) -> dict[str | int, Expected | None]:
    """By provider what its rules, as they are now, let come to its end. None without viewings, without such a provider,
    or where its rules do not resolve."""
    stored = dict(Provider.objects.values_list("name", "playback"))
    return {name: _expected(stored.get(str(name)), tally.mean_length_ms) for name, tally in groups.items()}


def _expected(playback: dict | None, length_ms: int | None) -> Expected | None:
    if playback is None or not length_ms:
        return None
    partial = to_partial(playback)
    found = [expectation(partial, length) for length in (length_ms, *LENGTHS_MS)]
    shares = [1 - one.interrupted for one in found if one is not None]
    return Expected(shares[0], min(shares), max(shares)) if shares else None
