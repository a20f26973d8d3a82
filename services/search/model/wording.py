"""Whether a sentence that a model wrote says what the rule's sentence says: no number, time or name changed."""

import re
from collections import Counter
from collections.abc import Iterable

_NUMBER = re.compile(r"\d+(?:[:.,]\d+)*")
_NUMBER_WORDS = """
one two three four five six seven eight nine ten eleven twelve dozen several many few both all none twice once half
first last second third
"""
_OBSERVED_WORDS = """
person people car cars truck trucks van vans bus buses bicycle bicycles motorcycle motorcycles vehicle vehicles
object objects red green blue black white grey yellow orange purple pink brown hat backpack bag vest arrived left
passed stayed before after
"""
_NEGATIONS = frozenset(["no", "not", "nobody", "none", "never", "nothing", "without", "cannot", "neither", "nor"])
_DOUBT = frozenset(["probably", "likely", "about", "may", "might", "unsure", "sure", "known"])
_KEPT = _NEGATIONS | _DOUBT | frozenset(_NUMBER_WORDS.split()) | frozenset(_OBSERVED_WORDS.split()) | {"yes"}
"""Words that a model may neither add nor drop: what was seen, how many, whether at all."""
MOST_LONGER = 1.6
"""A sentence may grow by this factor: more is invention."""


def says_the_same(written: str, rule: str, names: Iterable[str]) -> bool:
    """Whether what a model wrote can stand for the rule's sentence: the same numbers and times as often, the same
    names of cameras, and the same negations, words of doubt and counts in words; nothing longer by much."""
    if not written.strip() or len(written) > MOST_LONGER * len(rule) + 20:
        return False
    if Counter(_NUMBER.findall(written)) != Counter(_NUMBER.findall(rule)):
        return False
    for name in names:
        if written.lower().count(name.lower()) != rule.lower().count(name.lower()):
            return False
    mine, theirs = (Counter(re.findall(r"[a-z']+", text.lower())) for text in (written, rule))
    return all(mine[word] == theirs[word] for word in _KEPT)
