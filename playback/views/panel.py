"""What a page of rules shows beside them: two profiles of a level on one length of ad, weighed and pictured."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from playback.forms import Profile
from playback.models import Provider
from playback.rows import to_partial
from playback.rules.comparing import changes, rule_in_words
from playback.rules.picture import picture
from playback.rules.weighing import SEED, SESSIONS, Side, side_or_none, stages

SHORTEST, LONGEST, USUAL = 6, 60, 30
QUARTERS: Final = (250, 500, 750)
STOPS: Final = (6, 15, 30, 60)
"""Lengths of an ad in seconds: what the control reaches, and where it has marks."""


class Remark(NamedTuple):
    """What is said of a rule on its row; ``kind`` is an outcome of the look."""

    kind: str
    text: str


def panel(
    level: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    data: Mapping[str, Any],
    names: tuple[str, str] = ("Published", "Draft"),
) -> dict[str, Any]:
    """The context of ``_panel.html``. ``data`` says the length and, of a publisher, the provider underneath."""
    length = length_of(data)
    providers = list(Provider.objects.all()) if level == "publisher" else []
    under = _under(providers, data)
    beneath = to_partial(under.playback) if under else None
    there = side_or_none(level, to_partial(before), length * 1000, beneath)
    changed = changes(before, after)
    draft = side_or_none(level, to_partial(after), length * 1000, beneath) if changed else None
    shown = draft if changed else there
    return {
        "level": level,
        "names": names,
        "length": length,
        "stops": STOPS,
        "shortest": SHORTEST,
        "longest": LONGEST,
        "providers": providers,
        "under": under,
        "changes": changed,
        "shown": shown,
        "stages": stages(there, draft) if shown else [],
        "picture": picture(shown, length * 1000, there if changed else None) if shown else None,
        "sessions": SESSIONS,
        "seed": SEED,
        "quarters": QUARTERS,
    }


def length_of(data: Mapping[str, Any]) -> int:
    """Whole seconds; a stop that was pressed goes before where the control stands, nonsense is the usual length."""
    text = str(data.get("stop") or data.get("length") or "")
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        return USUAL
    return min(max(int(text), SHORTEST), LONGEST)


def remarks(profile: Profile, shown: Side | None) -> list[Remark]:
    """For each row of the form what its rule does on the length that is looked at."""
    return [_remark(form, shown) for form in profile.rules.forms]


def _remark(form: Any, shown: Side | None) -> Remark:
    rule = shown.config.interruption_rules.get(form.named) if shown else None
    if shown is None or rule is None:
        return Remark("quiet", "")
    if why := shown.expected.idle.get(form.named):
        return Remark("warn", f"never fires: {why}")
    said = f"ends {shown.expected.shares[form.named] * 100:.1f} %"
    if beneath := _unstated(form, rule.to_dict()):
        whose = "inherited" if "removed" in form.fields else "by default"
        said = f"{said}; {whose}: {rule_in_words(beneath)}"
    return Remark("quiet", said)


def _unstated(form: Any, rule: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a rule that its row leaves to the levels below."""
    return {
        part: value
        for part, value in rule.items()
        if part in form.fields and form[part].value() in (None, "")
    }


def _under(providers: list[Provider], data: Mapping[str, Any]) -> Provider | None:
    if data.get("under") == "":
        return None
    first = providers[0] if providers else None
    return next((row for row in providers if row.name == data.get("under")), first)
