"""An ad server on this machine to try a player on: tags that work, tags with a chosen fault, and a sink for pixels.

Run from the checkout: .venv/bin/python -m examples.ad_server [--port 8011]
It prints every pixel it receives. The site fetches from this machine only when VASTDASH_FETCH_ALLOWED=127.0.0.1
allows it; the library does by itself.

/clip, /television, /break   the documents of examples/vast: one second, 30 seconds, a break of three ads
/wrapped/3/clip              the same behind that many wrappers
/empty  /nothing  /broken    VAST without an ad; 204 without a body; a document that ends in the middle
/loop  /missing  /slow       a wrapper that names itself; 404; an answer that takes 20 seconds
"""

import argparse
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "vast"
DOCUMENTS = {"clip": "short_clip.xml", "television": "television_30s.xml", "break": "break_of_three.xml"}
PIXELS = "https://ads.example.com"
SLOW_SEC = 20


class Answer(NamedTuple):
    """What a tag gets; `after_sec` passes before it does."""

    status: int
    body: str = ""
    after_sec: float = 0.0


def wrapper(here: str, path: str, name: str) -> str:
    """A Wrapper that points at another path of this server, with a pixel and an Error address of its own."""
    return (
        f'<VAST version="3.0"><Ad id="{name}"><Wrapper allowMultipleAds="true"><AdSystem>{name}</AdSystem>'
        f"<VASTAdTagURI><![CDATA[{here}/{path}]]></VASTAdTagURI>"
        f"<Error><![CDATA[{here}/pixel/{name}/error?code=[ERRORCODE]]]></Error>"
        f"<Impression><![CDATA[{here}/pixel/{name}/impression]]></Impression></Wrapper></Ad></VAST>"
    )


FAULTS: dict[str, Callable[[str], Answer]] = {
    "empty": lambda here: Answer(
        200, f'<VAST version="4.2"><Error>{here}/pixel/error?code=[ERRORCODE]</Error></VAST>'
    ),
    "nothing": lambda _: Answer(204),
    "broken": lambda _: Answer(200, '<VAST version="3.0"><Ad id="cut"><InLine>'),
    "loop": lambda here: Answer(200, wrapper(here, "loop", "loop")),
    "slow": lambda _: Answer(200, '<VAST version="3.0"/>', SLOW_SEC),
}


def answer(here: str, path: str) -> Answer:
    """What this server says at a path; `here` is its own address, to which the documents' pixels go."""
    if path in DOCUMENTS:
        return Answer(200, (FOLDER / DOCUMENTS[path]).read_text().replace(PIXELS, f"{here}/pixel"))
    if path in FAULTS:
        return FAULTS[path](here)
    kind, _, rest = path.partition("/")
    depth, _, document = rest.partition("/")
    if kind == "wrapped" and depth.isdigit() and document in {*DOCUMENTS, *FAULTS}:
        left = int(depth)
        further = f"wrapped/{left - 1}/{document}" if left > 1 else document
        return Answer(200, wrapper(here, further, f"wrapper-{left}")) if left else answer(here, document)
    return Answer(204) if kind == "pixel" else Answer(404)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    received: list[str]

    def do_GET(self) -> None:
        here = f"http://{self.headers['host']}"
        path = self.path.partition("?")[0].strip("/")
        if path.startswith("pixel/"):
            self.received.append(self.path)
        told = answer(here, path)
        time.sleep(told.after_sec)
        body = told.body.encode()
        self.send_response(told.status)
        if told.status != 204:
            self.send_header("content-type", "application/xml; charset=utf-8")
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The pixels are what there is to see."""


class _Printed(list[str]):
    def append(self, path: str) -> None:
        print(path, flush=True)
        super().append(path)


@contextmanager
def serving(port: int = 0, received: list[str] | None = None) -> Iterator[tuple[str, list[str]]]:
    """(its address, the pixels it has received) of a server that runs beside the caller."""
    kept = [] if received is None else received
    server = ThreadingHTTPServer(("127.0.0.1", port), type("Handler", (_Handler,), {"received": kept}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description="An ad server to try a player on.")
    parser.add_argument("--port", type=int, default=8011)
    with serving(parser.parse_args().port, _Printed()) as (address, _):
        print(f"{address}/clip  (Ctrl-C ends it)", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
