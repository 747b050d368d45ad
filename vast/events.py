"""The tracking events of IAB VAST 2.0 to 4.3 (playback.md §3.1): every name a Tracking element may carry."""

from types import MappingProxyType

# Event -> the versions of VAST that list it, as printed in their schemas and text.
_SINCE_2 = "2.0 3.0 4.0 4.1 4.2 4.3"
_SINCE_3 = "3.0 4.0 4.1 4.2 4.3"
_SINCE_4 = "4.0 4.1 4.2 4.3"
_SINCE_41 = "4.1 4.2 4.3"

TRACKING_EVENTS = MappingProxyType(
    {
        event: frozenset(versions.split())
        for versions, events in (
            (_SINCE_2, "creativeView start firstQuartile midpoint thirdQuartile complete"),
            (_SINCE_2, "mute unmute pause resume rewind acceptInvitation close"),
            (_SINCE_3, "progress skip"),
            ("2.0 3.0", "fullscreen expand collapse"),
            ("3.0", "exitFullscreen"),
            ("3.0 4.0", "acceptInvitationLinear"),
            ("3.0 4.1 4.2 4.3", "closeLinear"),
            ("4.0", "timeSpentViewing"),
            (_SINCE_4, "playerExpand playerCollapse adExpand adCollapse"),
            (_SINCE_4, "minimize overlayViewDuration otherAdInteraction"),
            (_SINCE_41, "loaded notUsed verificationNotExecuted"),
            ("4.2 4.3", "interactiveStart"),
        )
        for event in events.split()
    }
)
