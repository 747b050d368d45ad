"""What a build's page shows, for the page and for the API."""

from typing import Any

from pipeline.build_page.comparison import Comparison, comparison
from pipeline.build_page.markup import MarkedUp, marked_up
from pipeline.build_page.strip import Strip, pod_limit_ms, strip
from pipeline.build_page.verdict import verdict
from pipeline.models import Build

# So many ads are told about at once; the others by their own pages.
ADS = 20


def page_of(build: Build) -> dict[str, Any]:
    """The page's context: outcome first, then what was decided, the pod, its ads and the document."""
    return {
        "build": build,
        "decisions": build.result,
        "verdict": verdict(build.result),
        "comparison": comparison_of(build),
        "strip": strip_of(build),
        "ads": list(enumerate(build.result["selected"][:ADS], 1)),
        "document": document_of(build),
    }


def comparison_of(build: Build) -> Comparison | None:
    """How the build differs from the one it was made again from; None where there is none."""
    before = build.made_from
    if before is None:
        return None
    return comparison(before.result, build.result, same_bytes=before.vast == build.vast)


def document_of(build: Build, first: int = 1, around: int | None = None) -> MarkedUp:
    """A part of the build's document."""
    versions = [bid["vast_version"] for bid in build.result["selected"]]
    return marked_up(build.vast, versions, first, around)


def strip_of(build: Build) -> Strip:
    """The build's pod to scale, within the time of its request where that states one."""
    selected = build.result["selected"]
    request = build.request.body if build.request else None
    answered = frozenset(bid["imp_id"] for bid in selected)
    return strip(selected, build.vast, pod_limit_ms(request, answered))
