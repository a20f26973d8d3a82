"""What questions are never answered: what no camera shows of people, and the future."""

import re
from collections.abc import Sequence

from contracts.vocabulary import COLOURS
from services.search.model.refused import QuestionRefused, found_in
from services.search.model.sentence import Place

_SEE = "The answer shows the pictures: look at them yourself."
NOT_OBSERVED: Sequence[tuple[str, str, str]] = (
    (
        r"wom[ae]n|m[ae]n|ladies|lady|gentlem[ae]n|males?|females?|boys?|girls?|gender|sex",
        "Gender is not observed.",
        "Ask for a person, by clothes or by what they carry.",
    ),
    (
        r"child(?:ren)?|kids?|teenagers?|adults?|old(?:er)?|young(?:er)?|elderly|age[ds]?|years old",
        "Age is not observed.",
        "Ask for a person, by clothes or by what they carry.",
    ),
    (r"race|ethnic\w*|nationality|religion|asian|african|european|black person|white person",
     "Ethnicity, origin and belief are not observed.", "Ask for a person, by clothes or by what they carry."),
    (r"angry|happy|sad|upset|nervous|suspicious(?:ly)?|aggressive(?:ly)?|drunk|tired|scared|afraid|feel(?:ing|s)?|mood|"
     r"emotions?|smil(?:e|ed|ing)|cry(?:ing)?|laugh(?:ed|ing)?",
     "Feelings and moods are not observed.", f"Ask who was there and when. {_SEE}"),
    (r"names?|called|identity|identify|identities|who (?:is|was) (?:he|she|this|that|it)|recogni[sz]e[ds]?",
     "Names and identities are not known.", "Ask for what can be seen: clothes, vehicles, places, times."),
    (r"said|says?|saying|talk(?:ed|ing)?|speak(?:ing)?|spoke|told|hear[ds]?|sounds?|noise|shout(?:ed|ing)?|"
     r"conversation|voices?",
     "Sound is not recorded.", f"Ask who was there and when. {_SEE}"),
    (r"why|reasons?|because|intend(?:ed)?|intentions?|plan(?:ned|ning)? to|want(?:ed|s)? to|tr(?:y|ied|ying) to|"
     r"on purpose",
     "Reasons and intentions are not observed.", f"Ask who was there and when. {_SEE}"),
    (r"(?:number|licen[cs]e|registration) (?:plate|number)s?|plate number|registration",
     "The text of number plates is not read.", "Ask for the vehicle by its kind and colour."),
)  # fmt: skip
"""Pattern, what is wrong, what to do. Questions about people beyond what a camera shows are refused, never guessed."""

FUTURE = (
    r"(?:will|shall|going to|gonna|tomorrow|next (?:week|month|year|monday|tuesday|wednesday|thursday|friday|saturday|"
    r"sunday|hour|time)|in the future|predict|forecast|expect(?:ed)?)"
)

_THING_NOT_COLOURED = (
    rf"(?:{'|'.join(COLOURS)}|gray|navy|beige) (hats?|caps?|helmets?|hard hats?|beanies?|bags?|backpacks?|handbags?|"
    r"suitcases?|shoulder bags?)"
)


def refuse_unobserved(words: str, places: Sequence[Place]) -> None:
    """Raises QuestionRefused for what no camera shows, and for the future. Names of places are no such words."""
    named = words
    for place in sorted(places, key=lambda one: -len(one.name)):
        named = re.sub(rf"(?<![\w-]){_spoken_name(place.name)}(?![\w-])", " ", named)
    for pattern, message, advice in NOT_OBSERVED:
        if found_in(pattern, named):
            raise QuestionRefused("not_observed", message, advice)
    if found_in(FUTURE, named):
        raise QuestionRefused("future", "The question is about the future.", "Ask about footage that there is.")
    coloured = found_in(_THING_NOT_COLOURED, named)
    if coloured is not None:
        thing = coloured.group(1)
        raise QuestionRefused(
            "not_observed",
            f"The colour of a {thing} is not observed, only whether there is one.",
            f"Ask for a {thing} without its colour.",
        )


def _spoken_name(name: str) -> str:
    return r"[\s_-]+".join(re.escape(part) for part in re.split(r"[\s_-]+", name.lower()) if part)
