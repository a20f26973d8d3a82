"""How much was done in a slice of time, and how two that took turns compare."""

import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Slice:
    """What one slice of time brought.

    Attributes:
        items: how many inputs were computed.
        seconds: how long it took.
        processor_seconds: processor time of all processes that took part; 0 where it is not known.
    """

    items: int
    seconds: float
    processor_seconds: float

    @property
    def rate(self) -> float:
        """Items a second."""
        return self.items / self.seconds

    @property
    def processor_ms(self) -> float:
        """Processor milliseconds an item."""
        return self.processor_seconds / self.items * 1000


def saturate(
    call: Callable[[], object], *, batch: int, in_flight: int, seconds: float, processor: Callable[[], float]
) -> Slice:
    """Call over and over from `in_flight` threads; `processor` tells the processor time taken so far.

    Raises:
        Exception: what a call raised.
    """
    calls = [0] * in_flight
    failures: list[Exception] = []
    ends = time.monotonic() + seconds

    def work(place: int) -> None:
        try:
            # At least once: a machine can be so busy that the slice is over before a thread runs.
            while not calls[place] or time.monotonic() < ends:
                call()
                calls[place] += 1
        except Exception as error:  # noqa: BLE001  raised again by the thread that asked
            failures.append(error)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(in_flight)]
    before, began = processor(), time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, spent = time.monotonic() - began, processor() - before
    if failures:
        raise failures[0]
    return Slice(sum(calls) * batch, took, spent)


def median_rate(slices: Sequence[Slice]) -> float:
    """Items a second in the median slice."""
    return statistics.median(one.rate for one in slices)


def median_processor_ms(slices: Sequence[Slice]) -> float:
    """Processor milliseconds an item in the median slice."""
    return statistics.median(one.processor_ms for one in slices)


def ratio(ours: Sequence[Slice], peers: Sequence[Sequence[Slice]]) -> float:
    """Our rate by the peer's, as the median over the rounds; against the peer that leaves us the least."""
    return min(
        statistics.median(mine.rate / theirs.rate for mine, theirs in zip(ours, peer, strict=True)) for peer in peers
    )
