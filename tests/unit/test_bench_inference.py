"""How two that took turns are compared, and how bytes are counted."""

import socket
import threading
import time

import pytest

from bench.inference.rates import Slice, median_processor_ms, median_rate, ratio, saturate
from bench.inference.wire import counting_relay


def slices(*rates: float) -> list[Slice]:
    return [Slice(items=int(rate), seconds=1.0, processor_seconds=1.0) for rate in rates]


def test_the_ratio_is_the_median_of_the_rounds_against_the_better_peer() -> None:
    # The second round was disturbed for everybody, and the last for the peer alone.
    ours = slices(90, 9, 90)
    assert ratio(ours, [slices(100, 10, 30)]) == pytest.approx(0.9)
    assert ratio(ours, [slices(100, 10, 30), slices(180, 18, 60)]) == pytest.approx(0.5)


def test_rates_and_processor_time_are_those_of_the_median_slice() -> None:
    assert median_rate(slices(50, 100, 1000)) == 100
    assert median_processor_ms(slices(50, 100, 1000)) == pytest.approx(10)


def test_every_call_of_every_thread_counts() -> None:
    calls: list[float] = []

    def call() -> None:
        time.sleep(0.01)
        calls.append(time.monotonic())

    done = saturate(call, batch=8, in_flight=3, seconds=0.1, processor=lambda: 0.0)
    assert done.items == 8 * len(calls)
    assert done.seconds >= 0.1


def test_a_call_that_fails_is_told() -> None:
    def fail() -> None:
        raise ValueError("the server is gone")

    with pytest.raises(ValueError, match="the server is gone"):
        saturate(fail, batch=1, in_flight=2, seconds=0.1, processor=lambda: 0.0)


def test_the_relay_counts_what_it_passes_on_in_each_direction() -> None:
    server = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        connection, _ = server.accept()
        with connection:
            received = b""
            while len(received) < 1000:
                received += connection.recv(4096)
            connection.sendall(b"x" * 30)

    answering = threading.Thread(target=answer)
    answering.start()
    with counting_relay(f"127.0.0.1:{server.getsockname()[1]}") as counted:
        host, _, port = counted.url.rpartition(":")
        with socket.create_connection((host, int(port))) as client:
            client.sendall(b"y" * 1000)
            assert client.recv(100) == b"x" * 30
        assert (counted.sent, counted.received) == (1000, 30)
    answering.join()
    server.close()
