"""The questions, each with its right answer by the truth, in sets by when they were worded.

Set a was there while the grammar was written. Sets b and c were worded after it, one after the other; each was answered
once (see docs/reference/questions.md), and then the grammar was widened by what it had shown. So it was with set e,
which is worded as strangers would ask, and with f1, the half of set f, which is by a stranger, that may be learnt from.
Set g is by a stranger as well: g1 may be learnt from. Sets d, f2 and g2 are held out.
"""

from bench.questions.form import Question
from bench.questions.set_a import set_a
from bench.questions.set_b import set_b
from bench.questions.set_c import set_c
from bench.questions.set_d import set_d
from bench.questions.set_e import set_e
from bench.questions.set_f import set_f
from bench.questions.set_g import set_g
from bench.questions.site import World


def questions(world: World) -> list[Question]:
    """All of them."""
    return [question for each in (set_a, set_b, set_c, set_d, set_e, set_f, set_g) for question in each(world)]
