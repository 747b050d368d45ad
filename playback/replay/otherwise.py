"""What would have become of a stored session with another seed, in the other mode, or without its viewer."""

import secrets
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from django import forms

from playback.engine import PlaybackSession, Replay, record_differences, replay_otherwise, without_lateness
from playback.engine.playing.replay import Difference
from playback.play_forms import SEED_MAX
from playback.replay.contrast import Contrast, contrast
from playback.replay.sides import dry_side
from playback.replay.source import Played

OTHER_MODE: Final = {"real": "headless", "headless": "real"}
_KEPT: Final = {"Outcome", "Rules drawn", "Events", "Pixels", "Macros"}


class OtherwiseForm(forms.Form):
    """Which seed, which mode, and whether the viewer does again what they did; ``another`` is any other seed."""

    seed = forms.IntegerField(
        min_value=0,
        max_value=SEED_MAX,
        required=False,
        label="Seed",
        widget=forms.NumberInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    mode = forms.ChoiceField(
        choices=[("", "as it was"), ("real", "real time"), ("headless", "simulated time")],
        required=False,
        label="Mode",
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    alone = forms.BooleanField(
        required=False,
        label="Without the viewer",
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )
    another = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def how(self) -> dict[str, Any]:
        """The arguments of ``otherwise``."""
        return {name: self.cleaned_data[name] for name in ("seed", "mode", "alone")}

    def asked_again(self) -> str:
        """The same question with another seed, as a query."""
        given = {**self.how(), "seed": secrets.randbelow(SEED_MAX + 1)}
        return urlencode({name: value for name, value in given.items() if value not in ("", None, False)})


@dataclass(frozen=True)
class Otherwise:
    """How it would have gone, beside how it went. ``late_ms`` is how late the latest event of the stored session was
    noted; it is no difference. ``is_same_question`` where only the mode is another: then nothing else may differ."""

    other: Replay
    contrast: Contrast
    seed: int
    mode: str
    is_same_question: bool
    differences: tuple[Difference, ...]
    late_ms: float

    @property
    def differs(self) -> bool:
        return bool(self.differences or any(section.changes for section in self.contrast.sections))


def otherwise(found: Played, *, seed: int | None, mode: str, alone: bool) -> Otherwise:
    """Played by the engine at once, stored nowhere, sent to nobody. ``ValueError`` where there is no ad."""
    again = found.again()
    session = found.session
    other = replay_otherwise(
        again.ad_data,
        session,
        seed=seed,
        mode=mode or None,  # type: ignore[arg-type]
        alone=alone,
        client=found.client,
    )
    chosen, wanted = other.session.seed, other.session.config.mode
    there = dry_side(found, other, _label(session, chosen, wanted, alone=alone))
    here = replace(dry_side(found, again, "as it was"), session=session)
    whole = contrast(here, there)
    kept = tuple(section for section in whole.sections if section.name in _KEPT)
    same = chosen == session.seed and not alone
    found_differences = (
        record_differences(without_lateness(session.to_dict()), without_lateness(other.session.to_dict()))
        if same
        else ()
    )
    told = Contrast(whole.a, whole.b, kept, whole.lanes, whole.macros_left_out)
    return Otherwise(other, told, chosen, wanted, same, found_differences, latest(session))


def latest(session: PlaybackSession) -> float:
    """How long after it was due the latest event was noted by the clock of the world, in ms; 0 in virtual time."""
    begun = session.start_time
    if not begun:
        return 0.0
    late = [1000 * float(event.metadata.get("late_sec", 0.0)) for event in session.events]
    return max(late, default=0.0)


def _label(session: PlaybackSession, seed: int, mode: str, *, alone: bool) -> str:
    told = []
    if seed != session.seed:
        told.append(f"seed {seed}")
    if mode != session.config.mode:
        told.append("real time" if mode == "real" else "simulated time")
    if alone:
        told.append("nobody there")
    return ", ".join(told) or "played again"
