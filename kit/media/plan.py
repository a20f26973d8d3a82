"""Where to cut a recording: at key frames that need nothing from before them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def plan_segments(
    times: NDArray[np.int64], keys: NDArray[np.bool_], *, target: int, patience: int | None = None
) -> Sequence[int]:
    """The packets (places in decoding order) at which segments begin; the first is 0.

    `times` are presentation times in any whole unit, `keys` marks key frames, both in decoding order, and `target` is
    the least length of a segment in that unit. A clean key frame is one after which nothing is shown that belongs
    before it; an unclean one (an open group of pictures) is taken only once a segment is `patience` long
    (default: twice the target), since the pictures shown before it cannot be decoded from it.
    """
    if len(times) == 0:
        return ()
    later = np.minimum.accumulate(times[::-1])[::-1]
    clean = keys & (later >= times)
    patience = 2 * target if patience is None else patience
    starts = [0]
    begun = int(times[0])
    for place in np.flatnonzero(keys[1:]) + 1:
        length = int(times[place]) - begun
        if length >= target and (clean[place] or length >= patience):
            starts.append(int(place))
            begun = int(times[place])
    return starts
