"""The events of a linear ad as data: where each lies, in which order it fires, and why it may never fire.

IAB VAST 4.3 §3.14.1; a new tracked event is one row here.
"""

from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple


class EventFacts(NamedTuple):
    """One event. `fraction` of the duration for events the playhead reaches, `rank` their order at one instant;
    `absent` says why a headless viewer does not cause the event."""

    section: str
    fraction: Fraction | None = None
    rank: int = 0
    quartile: int = 0
    always: bool = False
    absent: str = ""


_LINEAR = "VAST 4.3 §3.14.1"
_OLDER = "VAST 2.0/3.0"

EVENTS: MappingProxyType[str, EventFacts] = MappingProxyType(
    {
        "loaded": EventFacts(_LINEAR, Fraction(0), rank=0),
        "impression": EventFacts("VAST 4.3 §3.4.4", Fraction(0), rank=1, always=True),
        "creativeView": EventFacts(_OLDER, Fraction(0), rank=2),
        "start": EventFacts(_LINEAR, Fraction(0), rank=3, always=True),
        "verificationNotExecuted": EventFacts(
            "VAST 4.1 §3.17", rank=4, absent="no verification was asked for"
        ),
        "viewUndetermined": EventFacts("VAST 4.0 §3.4.7", rank=5, absent="viewability was not asked for"),
        "error": EventFacts("VAST 4.3 §2.3.6", rank=6, absent="no error occurred"),
        "progress": EventFacts(_LINEAR, rank=7, absent="no readable offset"),
        "firstQuartile": EventFacts(_LINEAR, Fraction(1, 4), rank=8, quartile=1, always=True),
        "midpoint": EventFacts(_LINEAR, Fraction(1, 2), rank=8, quartile=2, always=True),
        "thirdQuartile": EventFacts(_LINEAR, Fraction(3, 4), rank=8, quartile=3, always=True),
        "complete": EventFacts(_LINEAR, Fraction(1), rank=9, quartile=4, always=True),
        "pause": EventFacts(_LINEAR, absent="the viewer did not pause"),
        "resume": EventFacts(_LINEAR, absent="the viewer did not resume"),
        "skip": EventFacts(_LINEAR, absent="the viewer did not skip"),
        "closeLinear": EventFacts(_LINEAR, absent="the viewer did not close the ad"),
        "close": EventFacts(_OLDER, absent="the viewer did not close the ad"),
        "click": EventFacts("VAST 4.3 §3.10.2", absent="the viewer did not click"),
        "customClick": EventFacts("VAST 4.3 §3.10.3", absent="the viewer made no custom click"),
        "rewind": EventFacts(_LINEAR, absent="the viewer did not rewind"),
        "mute": EventFacts(_LINEAR, absent="the viewer did not mute"),
        "unmute": EventFacts(_LINEAR, absent="the viewer did not unmute"),
        "playerExpand": EventFacts(_LINEAR, absent="the player did not grow"),
        "playerCollapse": EventFacts(_LINEAR, absent="the player did not shrink"),
        "fullscreen": EventFacts(_OLDER, absent="the player did not go full screen"),
        "exitFullscreen": EventFacts(_OLDER, absent="the player did not leave full screen"),
        "expand": EventFacts(_OLDER, absent="the viewer did not expand the ad"),
        "collapse": EventFacts(_OLDER, absent="the viewer did not collapse the ad"),
        "adExpand": EventFacts(_LINEAR, absent="the viewer did not expand the ad"),
        "adCollapse": EventFacts(_LINEAR, absent="the viewer did not collapse the ad"),
        "acceptInvitation": EventFacts(_OLDER, absent="the viewer accepted no invitation"),
        "acceptInvitationLinear": EventFacts("VAST 3.0", absent="the viewer accepted no invitation"),
        "timeSpentViewing": EventFacts("VAST 4.0", absent="not measured for a linear ad"),
        "minimize": EventFacts(_LINEAR, absent="the viewer did not minimise the ad"),
        "overlayViewDuration": EventFacts(_LINEAR, absent="a linear ad is no overlay"),
        "otherAdInteraction": EventFacts(_LINEAR, absent="the viewer did not interact"),
        "interactiveStart": EventFacts("VAST 4.2 §3.14.1", absent="no interactive part was started"),
        "notUsed": EventFacts("VAST 4.1 §3.14.1", absent="the ad was used"),
    }
)

MOMENTS = tuple(name for name, facts in EVENTS.items() if facts.fraction is not None)
"""Events the playhead reaches by itself, `progress` apart (its offset stands in the document)."""

UNKNOWN_EVENT = "not an event of any VAST version: it never fires"

NO_TRACKING = MappingProxyType(
    {
        **dict.fromkeys(("impression", "error", "click", "customClick", "viewUndetermined"), UNKNOWN_EVENT),
        "verificationNotExecuted": "it counts in a Verification element only",
    }
)
"""Events with elements of their own -> why a Tracking element of that name in a linear never fires."""

QUARTILES = MappingProxyType({name: facts.quartile for name, facts in EVENTS.items() if facts.quartile})


def absence_of(event: str) -> str:
    """Why an event that no playhead reaches did not fire."""
    facts = EVENTS.get(event)
    return facts.absent if facts else UNKNOWN_EVENT
