"""What typed reading costs over parsing alone, on other people's documents, with the parser that reading uses.

`read_share` is the time of lxml's fromstring over that of `read`, `read_recall_x_parse` over that of a document that
came before. The documents are the open corpus (VASTDASH_CORPUS, or shared/corpus beside the checkout).
"""

import os
from pathlib import Path
from statistics import median

from lxml import etree

from bench.rounds import interleaved, ratio
from vast.ad import read
from vast.document import READING, parse
from vast.errors import VastError
from vast.playback import read_playback
from vast.recall import recall

ROUNDS = 15
CORPUS = Path(os.environ.get("VASTDASH_CORPUS", Path(__file__).resolve().parents[2] / "shared" / "corpus"))
REPEATED = 200


def documents(folder: Path) -> list[bytes]:
    """Every document of the folder that can be read."""
    found = []
    for path in sorted(folder.rglob("*.xml")):
        data = path.read_bytes()
        try:
            read(data)
        except VastError:
            continue
        found.append(data)
    return found


def run() -> dict[str, float]:
    if not CORPUS.is_dir():
        print(f"  skipped: there is no corpus at {CORPUS} (set VASTDASH_CORPUS)")
        return {}
    texts = documents(CORPUS / "vast")
    again = [text for text in texts if len(text) < 64 * 1024][:REPEATED]
    taken = interleaved(
        {
            "fromstring": (lambda: [etree.fromstring(text, READING) for text in texts], 2),
            "parse": (lambda: [parse(text, lenient=True, for_reading=True) for text in texts], 2),
            "read": (lambda: [read(text) for text in texts], 2),
            "fromstring again": (lambda: [etree.fromstring(text, READING) for text in again], 2),
            # A copy each time, as a document comes from a socket: its hash is not known yet.
            "recall": (lambda: [recall(read_playback, bytes(bytearray(text))) for text in again], 2),
        },
        ROUNDS,
    )
    return {
        "read_share": ratio(taken["fromstring"], taken["read"]),
        "read_safe_parse_share": ratio(taken["fromstring"], taken["parse"]),
        "read_recall_x_parse": ratio(taken["fromstring again"], taken["recall"]),
        "read_document_us": median(taken["read"]) / len(texts) * 1e6,
    }
