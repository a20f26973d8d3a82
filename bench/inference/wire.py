"""Bytes on the wire: a relay on 127.0.0.1 that counts what passes."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_CHUNK = 1 << 16


@dataclass
class Counted:
    """What has passed so far, as TCP carried it: gRPC's own frames and headers included.

    Attributes:
        url: host:port of the relay.
        sent: bytes from the clients.
        received: bytes to the clients.
    """

    url: str
    sent: int = 0
    received: int = 0

    def add_sent(self, count: int) -> None:
        """Count bytes from a client."""
        self.sent += count

    def add_received(self, count: int) -> None:
        """Count bytes to a client."""
        self.received += count


@contextmanager
def counting_relay(url: str) -> Iterator[Counted]:
    """Pass every connection on to the server at `url` for the length of a block."""
    host, _, port = url.rpartition(":")
    listener = socket.create_server(("127.0.0.1", 0))
    counted = Counted(f"127.0.0.1:{listener.getsockname()[1]}")

    def accept() -> None:
        # Ends when the listener is closed.
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection((host, int(port)))
                threading.Thread(target=_pass_on, args=(client, server, counted.add_sent), daemon=True).start()
                threading.Thread(target=_pass_on, args=(server, client, counted.add_received), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield counted
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _pass_on(source: socket.socket, target: socket.socket, count: Callable[[int], None]) -> None:
    # Ends when either side hangs up.
    with contextlib.suppress(OSError):
        while data := source.recv(_CHUNK):
            count(len(data))
            target.sendall(data)
    for one in (source, target):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
