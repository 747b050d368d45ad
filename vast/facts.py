"""What a VAST document says, as frozen data: the nouns of IAB VAST 4.3 §3, the same for every version.

URLs are trimmed and never empty; tracker lists keep the document's order and its duplicates. Named tuples, because a
document holds dozens of them and they take half the time of frozen dataclasses to make.
"""

from decimal import Decimal
from typing import Literal, NamedTuple

from vast.durations import Offset
from vast.notice import Notice


class Link(NamedTuple):
    """An address with the optional id of its element (Impression, Error, clicks)."""

    id: str | None
    url: str


class Tracker(NamedTuple):
    """One Tracking element; `offset` only where the element has one that can be read (progress)."""

    event: str
    url: str
    offset: Offset | None = None


class MediaFile(NamedTuple):
    """A file to play; sizes in pixels, bitrates in kbit/s, None where absent or not a number."""

    url: str
    delivery: str | None
    type: str | None
    width: int | None
    height: int | None
    bitrate: int | None
    min_bitrate: int | None
    max_bitrate: int | None
    codec: str | None
    id: str | None
    api_framework: str | None


class Mezzanine(NamedTuple):
    """The raw, high-quality file a server may transcode; players never play it."""

    url: str
    delivery: str | None
    type: str | None
    width: int | None
    height: int | None
    codec: str | None
    id: str | None


class InteractiveFile(NamedTuple):
    """An InteractiveCreativeFile (SIMID and the like)."""

    url: str
    type: str | None
    api_framework: str | None
    variable_duration: bool


class CaptionFile(NamedTuple):
    """A ClosedCaptionFile."""

    url: str
    type: str | None
    language: str | None


class Resource(NamedTuple):
    """What a companion, an icon or a non-linear ad shows: a file, an HTML fragment or an iframe address."""

    kind: Literal["static", "html", "iframe"]
    value: str
    creative_type: str | None


class FallbackImage(NamedTuple):
    """What a click on an icon shows where no page can be opened (IAB VAST 4.2 §3.11.4)."""

    url: str | None
    width: int | None
    height: int | None
    alt_text: str | None


class Icon(NamedTuple):
    """An industry icon over the video."""

    program: str | None
    width: str | None
    height: str | None
    x_position: str | None
    y_position: str | None
    offset: Offset | None
    duration_ms: int | None
    api_framework: str | None
    resources: tuple[Resource, ...]
    click_through: str | None
    click_tracking: tuple[Link, ...]
    view_tracking: tuple[str, ...]
    fallback_images: tuple[FallbackImage, ...] = ()


class Linear(NamedTuple):
    """The video part of a creative; in a wrapper it holds trackers and clicks only."""

    duration_ms: int | None
    duration_text: str | None
    skip_offset: Offset | None
    trackers: tuple[Tracker, ...]
    media_files: tuple[MediaFile, ...]
    click_through: Link | None
    click_tracking: tuple[Link, ...]
    custom_clicks: tuple[Link, ...]
    icons: tuple[Icon, ...]
    ad_parameters: str | None
    mezzanines: tuple[Mezzanine, ...]
    interactive_files: tuple[InteractiveFile, ...]
    caption_files: tuple[CaptionFile, ...]


class NonLinear(NamedTuple):
    """An overlay."""

    id: str | None
    width: int | None
    height: int | None
    min_suggested_duration_ms: int | None
    api_framework: str | None
    resources: tuple[Resource, ...]
    click_through: str | None
    click_tracking: tuple[Link, ...]
    ad_parameters: str | None


class Companion(NamedTuple):
    """A display unit beside the video."""

    id: str | None
    width: int | None
    height: int | None
    ad_slot_id: str | None
    rendering_mode: str | None
    api_framework: str | None
    resources: tuple[Resource, ...]
    trackers: tuple[Tracker, ...]
    click_through: str | None
    click_tracking: tuple[Link, ...]
    alt_text: str | None
    ad_parameters: str | None


class UniversalAdId(NamedTuple):
    """The creative's id in a registry such as Ad-ID."""

    registry: str | None
    value: str


class Creative(NamedTuple):
    """One creative of an ad. `non_linear_trackers` belong to all its overlays."""

    id: str | None
    ad_id: str | None
    sequence: int | None
    api_framework: str | None
    universal_ad_ids: tuple[UniversalAdId, ...]
    linear: Linear | None
    non_linears: tuple[NonLinear, ...]
    non_linear_trackers: tuple[Tracker, ...]
    companions: tuple[Companion, ...]
    companions_required: str | None


class Pricing(NamedTuple):
    """The price the document declares; `value` is None where `text` is no plain decimal."""

    text: str
    value: Decimal | None
    model: str | None
    currency: str | None


class Category(NamedTuple):
    """A content category code with the address of its list."""

    code: str
    authority: str | None


class Verification(NamedTuple):
    """A measurement vendor's scripts; a player that cannot run them reports verificationNotExecuted."""

    vendor: str | None
    resources: tuple[str, ...]
    trackers: tuple[Tracker, ...]
    parameters: str | None


class ViewableImpression(NamedTuple):
    """Addresses of which exactly one kind is called per ad."""

    id: str | None
    viewable: tuple[str, ...] = ()
    not_viewable: tuple[str, ...] = ()
    undetermined: tuple[str, ...] = ()


class WrapperFacts(NamedTuple):
    """Where a wrapper points and how its answer may be used (IAB VAST 4.3 §3.19)."""

    ad_tag_uri: str | None
    follow_additional_wrappers: bool = True
    allow_multiple_ads: bool = False
    fallback_on_no_ad: bool | None = None
    blocked_categories: tuple[Category, ...] = ()


class Ad(NamedTuple):
    """One Ad element, InLine or Wrapper."""

    id: str | None
    sequence: int | None
    kind: Literal["inline", "wrapper"]
    ad_type: str | None
    ad_system: str | None
    ad_title: str | None
    description: str | None
    advertiser: str | None
    pricing: Pricing | None
    categories: tuple[Category, ...]
    ad_serving_id: str | None
    expires_sec: int | None
    survey: str | None
    impressions: tuple[Link, ...]
    errors: tuple[Link, ...]
    creatives: tuple[Creative, ...]
    wrapper: WrapperFacts | None
    verifications: tuple[Verification, ...]
    viewable: tuple[ViewableImpression, ...]
    extension_types: tuple[str, ...]

    @property
    def linear(self) -> Linear | None:
        """The first linear creative."""
        return next((creative.linear for creative in self.creatives if creative.linear), None)

    @property
    def duration_ms(self) -> int | None:
        """Milliseconds of the first linear creative."""
        linear = self.linear
        return linear.duration_ms if linear else None


class Vast(NamedTuple):
    """A document: its ads in document order, the root Error addresses, and every leniency as a notice."""

    version: str
    ads: tuple[Ad, ...]
    errors: tuple[str, ...]
    notices: tuple[Notice, ...]
