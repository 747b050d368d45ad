"""Servers on this machine that sessions fetch from: an ad server, and one that only counts who knocks."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from examples.ad_server import serving

__all__ = ["knocks", "redirecting", "serving"]


@contextmanager
def knocks() -> Iterator[tuple[int, list[str]]]:
    """(a port of 127.0.0.1, who connected to it): answers nobody."""
    with redirecting("") as (port, connected):
        yield port, connected


@contextmanager
def redirecting(location: str) -> Iterator[tuple[int, list[str]]]:
    """(a port of 127.0.0.1, who connected to it): sends everybody elsewhere."""
    connected: list[str] = []
    listener = socket.create_server(("127.0.0.1", 0))
    head = f"HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"

    def serve() -> None:
        while True:
            try:
                peer, address = listener.accept()
            except OSError:
                return
            connected.append(str(address))
            with peer:
                if location:
                    peer.recv(65536)
                    peer.sendall(head.encode())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], connected
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
