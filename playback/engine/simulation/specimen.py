"""An ad that is nothing but its length, for whoever asks what rules would make of ads of that length."""

from vast.durations import format_duration

_DOCUMENT = (
    '<VAST version="4.2"><Ad id="specimen"><InLine><AdSystem>vastdash</AdSystem><AdTitle>specimen</AdTitle>'
    "<Impression/><Creatives><Creative><Linear><Duration>{}</Duration><MediaFiles>"
    '<MediaFile delivery="progressive" type="video/mp4" width="1920" height="1080">'
    "https://specimen.invalid/ad.mp4</MediaFile></MediaFiles></Linear></Creative></Creatives></InLine></Ad></VAST>"
)


def specimen(duration_ms: int) -> str:
    """The VAST of a single ad of this length that any player plays and that tracks nothing, for `simulate`.

    Raises ValueError below 1 ms.
    """
    if duration_ms < 1:
        raise ValueError(f"duration_ms must be at least 1, not {duration_ms}")
    return _DOCUMENT.format(format_duration(duration_ms))
