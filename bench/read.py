"""What typed reading costs over parsing alone, on other people's documents, with the parser that reading uses.

Each share is the time of lxml's fromstring over that of a reading: `read_share` of everything, `read_share_playback`
of what a player needs, `read_recall_x_parse` of a document that came before. `read_touch_share` is that of taking name,
text and attributes of every element and making nothing of them, `read_touch_share_playback` of those a player needs:
no reader of lxml's trees comes above them. `read_x_vast_client` is the time of @dailymotion/vast-client over ours, from
text to objects, for the documents both read. The documents are the open corpus (VASTDASH_CORPUS, or shared/corpus
beside the checkout).
"""

import gc
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from lxml import etree

from bench.rounds import interleaved, ratio, seconds
from bench.vast_client import NotHere, VastClientPeer
from vast.ad import read
from vast.document import READING, parse
from vast.errors import VastError
from vast.playback import read_playback
from vast.recall import recall

ROUNDS = 15
PASSES = 2
WARM_UP = 25
CORPUS = Path(os.environ.get("VASTDASH_CORPUS", Path(__file__).resolve().parents[2] / "shared" / "corpus"))
REPEATED = 200


# The elements whose name, text or attributes `vast.playback` reads, in any namespace.
# fmt: off
PLAYED = tuple(f"{{*}}{name}" for name in (
    "Ad", "InLine", "Wrapper", "Impression", "Error", "AdTitle", "AdServingId", "VASTAdTagURI", "Creative",
    "UniversalAdId", "Linear", "Duration", "Tracking", "MediaFile", "ClickThrough", "ClickTracking",
))
# fmt: on


def touched(text: bytes, *names: str) -> list[object]:
    """Name, text and attributes of the elements of these names, or of all."""
    elements = etree.fromstring(text, READING).iter(*names)
    return [(element.tag, element.text, element.items()) for element in elements]


def readable(folder: Path) -> list[Path]:
    """Every document of the folder that can be read."""
    found = []
    for path in sorted(folder.rglob("*.xml")):
        try:
            read(path.read_bytes())
        except VastError:
            continue
        found.append(path)
    return found


def each(texts: Sequence[bytes], work: Callable[[bytes], object]) -> tuple[Callable[[], None], int]:
    """A variant that does its work on every text and drops what comes of it."""

    def run() -> None:
        for text in texts:
            work(text)

    return run, PASSES


def beside_vast_client(paths: Sequence[Path]) -> dict[str, float]:
    """Both read the same documents in turn, each warmed up before."""
    try:
        with VastClientPeer(paths) as peer:
            texts = [path.read_bytes() for path in peer.documents]
            ours, _ = each(texts, read)
            ours()
            peer.round(WARM_UP)
            ratios = []
            for _ in range(ROUNDS):
                gc.collect()
                ratios.append(peer.round(PASSES) / seconds(ours, PASSES))
    except NotHere as reason:
        print(f"  read_x_vast_client skipped: {reason}")
        return {}
    return {"read_x_vast_client": median(ratios), "read_x_vast_client_documents": len(texts)}


def run() -> dict[str, float]:
    if not CORPUS.is_dir():
        print(f"  skipped: there is no corpus at {CORPUS} (set VASTDASH_CORPUS)")
        return {}
    paths = readable(CORPUS / "vast")
    texts = [path.read_bytes() for path in paths]
    again = [text for text in texts if len(text) < 64 * 1024][:REPEATED]
    taken = interleaved(
        {
            "fromstring": each(texts, lambda text: etree.fromstring(text, READING)),
            "parse": each(texts, lambda text: parse(text, lenient=True, for_reading=True)),
            "touch": each(texts, touched),
            "touch what is played": each(texts, lambda text: touched(text, *PLAYED)),
            "read": each(texts, read),
            "playback": each(texts, read_playback),
            "fromstring again": each(again, lambda text: etree.fromstring(text, READING)),
            # A copy each time, as a document comes from a socket: its hash is not known yet.
            "recall": each(again, lambda text: recall(read_playback, bytes(bytearray(text)))),
        },
        ROUNDS,
    )
    return {
        "read_share": ratio(taken["fromstring"], taken["read"]),
        "read_share_playback": ratio(taken["fromstring"], taken["playback"]),
        "read_touch_share": ratio(taken["fromstring"], taken["touch"]),
        "read_touch_share_playback": ratio(taken["fromstring"], taken["touch what is played"]),
        "read_safe_parse_share": ratio(taken["fromstring"], taken["parse"]),
        "read_recall_x_parse": ratio(taken["fromstring again"], taken["recall"]),
        "read_document_us": median(taken["read"]) / len(texts) * 1e6,
        **beside_vast_client(paths),
    }
