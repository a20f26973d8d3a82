"""Which frames are looked at: the first of each cell of a grid over the recording's time, whatever its frame rate."""

_SLACK_US = 1000
"""Clocks round: a frame up to 1 ms before a cell begins belongs to it."""


def sampling_cell(at_us: int, per_second: int) -> int:
    """The cell of a time, in microseconds since the recording's start; `per_second` cells a second."""
    return (at_us + _SLACK_US) * per_second // 1_000_000
