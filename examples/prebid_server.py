"""A stand-in for a Prebid Server, to see an endpoint at work: it answers /openrtb2/auction with the bids of a file.

Run from the checkout: .venv/bin/python -m examples.prebid_server [--port 8010] [--bids FILE]
The site fetches from this machine only when VASTDASH_FETCH_ALLOWED=127.0.0.1 allows it.
"""

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

BIDS = Path(__file__).parent / "bids" / "pod-three-seats.json"


def auction(request: dict[str, Any], stored: dict[str, Any]) -> dict[str, Any]:
    """The stored response as an answer to this request: each bid for each impression that has time for it."""
    seats = []
    for seat in stored.get("seatbid", ()):
        bids = []
        for imp in request.get("imp", ()):
            longest = imp.get("video", {}).get("maxduration") or float("inf")
            fitting = [bid for bid in seat["bid"] if bid.get("dur", 0) <= longest]
            bids += [{**bid, "id": f"{imp['id']}-{bid['id']}", "impid": imp["id"]} for bid in fitting]
        if bids:
            seats.append({**seat, "bid": bids})
    return {**stored, "id": request.get("id", ""), "seatbid": seats}


def answer(line: str, body: bytes, stored: dict[str, Any]) -> tuple[str, bytes]:
    """(status, body) for one HTTP request: 204 where there is no bid, 400 with a sentence as Prebid Server does."""
    if line.split()[:2] != ["POST", "/openrtb2/auction"]:
        return "404 Not Found", b"There is POST /openrtb2/auction only."
    try:
        response = auction(json.loads(body), stored)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        return "400 Bad Request", f"Invalid request: {error}".encode()
    return ("200 OK", json.dumps(response).encode()) if response["seatbid"] else ("204 No Content", b"")


async def serve(port: int, stored: dict[str, Any]) -> None:
    """Serves until it is cancelled."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = head.lower().partition("content-length:")[2].partition("\r\n")[0]
                body = await reader.readexactly(int(length or 0))
                status, content = answer(head.partition("\r\n")[0], body, stored)
                kind = "application/json" if status.startswith("200") else "text/plain"
                fields = f"content-type: {kind}\r\ncontent-length: {len(content)}\r\n" if content else ""
                writer.write(f"HTTP/1.1 {status}\r\n{fields}\r\n".encode() + content)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/openrtb2/auction", flush=True)
    async with server:
        await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description="Answers every auction with the bids of a file.")
    parser.add_argument("--port", type=int, default=8010)
    parser.add_argument("--bids", type=Path, default=BIDS)
    options = parser.parse_args()
    asyncio.run(serve(options.port, json.loads(options.bids.read_bytes())))


if __name__ == "__main__":
    main()
