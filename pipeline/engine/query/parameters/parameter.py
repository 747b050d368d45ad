"""The shape of a row: one name of one dialect, and the place in OpenRTB 2.6 that names of one meaning share."""

from typing import NamedTuple

from pipeline.engine.query.values import Kind


class Alias(NamedTuple):
    """One name of a parameter. `within` names count in that surrounding only: a FreeWheel slot, a PubMatic ad pod."""

    name: str
    dialect: str
    kind: Kind
    within: str = ""


class Parameter(NamedTuple):
    """What a tag can say in one or several ways. The aliases stand in order: of two the first usable one counts.

    `target` is the OpenRTB path: "imp" means its one entry, "app/site" whichever the request has, "ext.tag" what has no
    place in OpenRTB. With `rule` the value is not put there as it is, but by the rule of that name in `rules`. What is
    `personal` is a viewer's own, and never remembered.
    """

    target: str
    meaning: str
    kind: Kind
    aliases: tuple[Alias, ...]
    rule: str = ""
    personal: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, the canonical one first."""
        return tuple(alias.name for alias in self.aliases)

    @property
    def dialects(self) -> tuple[str, ...]:
        """Where the names come from, each once."""
        return tuple(dict.fromkeys(alias.dialect for alias in self.aliases))


class Name(NamedTuple):
    """A name before its parameter's kind is known; `kind` where it differs."""

    name: str
    dialect: str
    kind: Kind | None = None
    within: str = ""


class Dialect(NamedTuple):
    """Whose word a name is; called with a name it gives a row."""

    title: str
    within: str = ""

    def __call__(self, name: str, kind: Kind | None = None) -> Name:
        return Name(name, self.title, kind, self.within)


PBS = Dialect("Prebid Server")
GAM = Dialect("Ad Manager")
SPRINGSERVE = Dialect("SpringServe")
FREEWHEEL = Dialect("FreeWheel")
FREEWHEEL_SLOT = Dialect("FreeWheel slot", "slot")
MICROSOFT = Dialect("Microsoft")
PUBMATIC = Dialect("PubMatic")
PUBMATIC_POD = Dialect("PubMatic ad pod", "adpod")
MODULE = Dialect("Prebid CTV module")
EYEVINN = Dialect("Eyevinn")
VAST = Dialect("VAST macro")
OURS = Dialect("vastdash")


def parameter(
    target: str, meaning: str, kind: Kind, *names: Name, rule: str = "", personal: bool = False
) -> Parameter:
    """A parameter from its names, each of the parameter's kind unless it has one of its own."""
    rows = tuple(Alias(row.name, row.dialect, row.kind or kind, row.within) for row in names)
    return Parameter(target, meaning, kind, rows, rule, personal)
