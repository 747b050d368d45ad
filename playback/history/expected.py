"""What the published rules make us expect of the sessions of a history."""

from collections.abc import Mapping

from playback.expectation import expectation
from playback.history.tally import Tally
from playback.models import Provider
from playback.rows import to_partial


def expected_completion(groups: Mapping[str | int, Tally]) -> dict[str | int, float | None]:
    """By provider the share of viewings that its rules, as they are now, let come to their end, for an ad of the mean
    length of those viewed. None without viewings, without such a provider, or where its rules do not resolve."""
    stored = dict(Provider.objects.values_list("name", "playback"))
    return {name: _expected(stored.get(str(name)), tally.mean_length_ms) for name, tally in groups.items()}


def _expected(playback: dict | None, length_ms: int | None) -> float | None:
    if playback is None or not length_ms:
        return None
    found = expectation(to_partial(playback), length_ms)
    return None if found is None else 1 - found.interrupted
