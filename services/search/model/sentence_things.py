"""Whom or what a sentence means: how many, of which classes, with which looks, and what not."""

import re
from collections.abc import Iterator

from contracts.vocabulary import ObjectClass
from services.search.model.reading import Part, Wish
from services.search.model.sentence_clock import number_of
from services.search.model.sentence_draft import Draft, any_of
from services.search.model.sentence_places import STOP
from services.search.model.sentence_words import (
    CLASS_WORDS,
    COLOUR_WORDS,
    DRIVEN,
    FIXTURES,
    KINDS,
    LOWER,
    NUMBERED,
    NUMBERS,
    SHADES,
    SHIRTS,
    SIGNS,
    THINGS,
    UPPER,
    VEHICLE_KINDS,
    WORN,
)

MOST_COUNTED = 100
"""More at once is no search."""

_ARTICLE = r"(?:the |a |an |any |some )?"
_VEHICLES = tuple(word for word, classes in CLASS_WORDS.items() if classes[0] is not ObjectClass.PERSON)
_CARRIED = tuple(name for name, attribute in THINGS.items() if attribute in {"person.bag", "person.backpack"})
_MANY = tuple(
    word
    for word in (*CLASS_WORDS, *KINDS)
    if word.endswith(("s", "people", "men", "children")) and word not in {"bus", "minibus"}
)
"""Words for several of a class."""
_NOT = (
    r"(?:(?:and |but )?(?:not|never(?! mind))(?: counting| including)?(?! only| just| more than| less than)"
    r"|(?:all |anything |everything )?except(?: for)?|excluding|exclude|ignoring|ignore|other than|apart from"
    r"|aside from|leaving out|leave out|never mind|(?<!nothing )(?:(?:any|every)(?:where|thing)|all) but"
    r"|(?:in )?(?:any|every) colou?r (?:but|except|other than))"
)
_ONES = (
    r"(?: (?:the |any |all )?(?:ones?|those)(?: (?:that|who|which))?(?: (?:are|is|were|was|have|has|had))?"
    r"(?: (?:with|wear(?:ing|s)?|carry(?:ing)?|carries|holding|having|in))?)?"
)
"""After "except": it is what they have that is not wanted."""


def read_things(draft: Draft) -> None:
    """Takes counts and exclusions out of the sentence, and notes classes and attributes."""
    _count(draft)
    _exclusions(draft)
    _classes(draft)
    _attributes(draft)


# Counts ---------------------------------------------------------------------------------------------------------------


def _count(draft: Draft) -> None:
    """`two people`, `3+ cars`, `at least five white vans`, `two or three people`, `a couple of cyclists`."""
    found = next(iter(_counts(draft)), None)
    if found is None:
        return
    count, start, end = found
    draft.note(count=count)
    draft.cut(start, end, Part.COUNT)
    at_once = draft.find(r"at once|at the same (?:time|moment)|simultaneously")
    if at_once is not None:
        draft.take(at_once, Part.COUNT)


def _counts(draft: Draft) -> Iterator[tuple[int, int, int]]:
    """Each number of objects, with where its words stand."""
    number = rf"\d+|{any_of(NUMBERS)}|multiple|a few|(?:a )?dozen|(?:a )?couple of|(?:a )?pair of|(?:a )?trio of"
    group = r"(?:a |the )?(?:large |small |big )?(?:group|crowd|gang)s? of"
    function = r"(?:in|at|on|or|and|of|the|with|from|to|near|by|is|was|are|who|that|series|tone|way)"
    between = rf"(?:(?!{function} )[a-z][\w-]* ){{0,2}}"
    many = rf"{between}{any_of(_MANY)}|{any_of((*CLASS_WORDS, *KINDS))}"
    pattern = (
        rf"(?<![\w:.,/-])(?:(?P<group>{group}) ?)?(?P<more>at least |more than |over |minimum |exactly |only "
        rf"|about |around |some |between )?"
        rf"(?P<number>{number})?(?:\+| or more)?(?:(?: ?- ?| to | or | and )(?:\d+|{any_of(NUMBERS)}))?"
        rf" (?={_ARTICLE}(?:{many})(?!'|[\w-]))"
    )
    for found in re.finditer(pattern, draft.words):
        said, before = found.group("number"), draft.words[: found.start()]
        if said is None and found.group("group") is None:
            continue
        if re.search(rf"(?:{any_of(NUMBERED)}|less than|fewer than|under|most|no more than|up to|max) $", before):
            continue
        count = _count_of(said) + (1 if found.group("more") == "more than " else 0)
        if 1 < count <= MOST_COUNTED:
            yield count, found.start(), found.end() - 1


def _count_of(words: str | None) -> int:
    if words is None:
        return 3
    few = {"multiple": 2, "a few": 2, "a dozen": 12, "dozen": 12, "trio of": 3, "a trio of": 3}
    return few.get(words) or (2 if words.endswith(" of") else number_of(words))


# Exclusions -----------------------------------------------------------------------------------------------------------


def _exclusions(draft: Draft) -> None:
    colour = any_of(SHADES)
    while (found := draft.find(rf"non[ -]({colour})")) is not None:
        _exclude(draft, found.group(1))
        draft.take(found, Part.EXCLUSION)
    while (found := draft.find(rf"({any_of(name for name in THINGS if name.isalpha())})less")) is not None:
        _exclude(draft, found.group(1))
        draft.take(found, Part.EXCLUSION)
    but = (
        rf"(?<!nothing )(?<!none )(?<!nobody )but(?= {_ARTICLE}(?:{any_of((*SHADES, *CLASS_WORDS))})(?:\s*$|\s{{2}}|,))"
    )
    while (found := draft.find(r"un-?helmeted|bare-?headed")) is not None:
        _exclude(draft, "hat")
        draft.take(found, Part.EXCLUSION)
    start = (
        r"(?:without|with no|(?:and |but )?(?:(?:did|do|does) )?(?:not|never) (?:wear|carry|hold|hav)(?:e|ing)?"
        r"|wearing no|carrying no|having no|has no|lacking|minus"
        rf"|missing(?= {_ARTICLE}{any_of(WORN)}(?!\w))"
        rf"|neither|nor|{_NOT}|{but}|no(?! {any_of(SIGNS)}| more than))"
    )
    things = rf"{any_of((*CLASS_WORDS, *THINGS, *SHADES))}(?: ones?)?(?![\w-])"
    # "Without a hat and a bag", "except cars, vans and trucks"; not what may be wanted beside.
    more = rf"(?:(?:, {things})*(?:,? (?:and|or|nor) | ?/ ?){_ARTICLE}{things})*"
    worn = any_of(THINGS)
    # "No bag person": what is worn ends before who wears it.
    pattern = rf"{start}{_ONES} {_ARTICLE}({worn}(?= {any_of(CLASS_WORDS)}(?!\w))|\w[\w' -]*?{more}{STOP})"
    while (found := draft.find(pattern)) is not None:
        for what in re.split(r",? (?:or|and|nor) | ?/ ?|, ", found.group(1)):
            _exclude(draft, re.sub(rf"^{_ARTICLE}", "", what.strip()))
        draft.take(found, Part.EXCLUSION)


def _exclude(draft: Draft, what: str) -> None:
    bare = re.sub(rf"^(?:in|wearing|with|carrying|having) {_ARTICLE}", "", what)
    wishes = _attributes_of(bare, draft) or _colours_of(what, draft)
    named = CLASS_WORDS.get(what) or (KINDS.get(what) if draft.typed else None)
    # "Without a yellow hat" allows a blue one, which an attribute of hats alone cannot say; "other than white vans"
    # allows white cars.
    beyond = any(wish.value == "yes" for wish in wishes) and bare not in THINGS
    if wishes and not beyond and not _other_class(what, draft):
        draft.note(attributes=(*draft.reading.attributes, *(Wish(one.attribute, one.value, False) for one in wishes)))
    elif named is not None and not what.startswith(("van", "minivan")) and what in CLASS_WORDS:
        # A van is no class of its own: without the detector's word for it cars would be left out, too.
        draft.note(without_classes=(*draft.reading.without_classes, named[0]))
    else:
        draft.note(without=(*draft.reading.without, what))


def _other_class(what: str, draft: Draft) -> bool:
    """Whether it names another class than the sentence does before it."""
    own = what.rsplit(maxsplit=1)[-1]
    if own == what or own not in CLASS_WORDS:
        return False
    said = next((found.group(0) for found in _class_words(draft)), own)
    return CLASS_WORDS.get(said) != CLASS_WORDS[own]


def _colours_of(what: str, draft: Draft) -> tuple[Wish, ...]:
    """A colour alone is that of the vehicle that the sentence is about, or of what the person wears above."""
    shades = SHADES.get(re.sub(r"^(?:in|wearing|coloured|colored) | ones?$", "", what))
    found = draft.find(any_of(CLASS_WORDS))
    # Of a shade that the networks may call several names each would be too much.
    if shades is None or found is None or len(shades) > 1:
        return ()
    person = CLASS_WORDS[found.group(0)][0] is ObjectClass.PERSON
    return (Wish("person.upper_colour" if person else "vehicle.colour", shades[0]),)


# Classes --------------------------------------------------------------------------------------------------------------


def _class_words(draft: Draft) -> Iterator[re.Match[str]]:
    """Words for classes, but for those that make other things with the word after them."""
    names = (*CLASS_WORDS, *KINDS) if draft.typed else tuple(CLASS_WORDS)
    pattern = rf"(?<![\w-]){any_of(names)}(?![\w-]|'s)(?! {any_of(FIXTURES)}(?!\w))"
    yield from re.finditer(pattern, draft.words)


def _classes(draft: Draft) -> None:
    """Of the first thing that is named and those that are joined to it; of who is in or on a vehicle that, too."""
    found = list(_class_words(draft))
    if not found:
        return
    named = [found[0]]
    for one in found[1:]:
        between = draft.words[named[-1].end() : one.start()]
        joined = rf"(?:,| and| or| &|/)+ ?{_ARTICLE}(?:{any_of((*SHADES, *VEHICLE_KINDS))} )*"
        within = rf"(?: ?[\w-]+){{0,2}} (?:{_inside(one)}) {_ARTICLE}(?:[\w-]+ )?"
        if re.fullmatch(rf"{joined}|{within}" if draft.typed else joined, between):
            named.append(one)
    classes = [each for one in named for each in _classes_of(one.group(0))]
    if any(re.match(rf" {any_of(DRIVEN)}(?!\w)", draft.words[one.end() :]) for one in named):
        classes.append(ObjectClass.PERSON)
    draft.note(classes=tuple(dict.fromkeys(classes)))
    for one in named:
        draft.take(one, Part.CLASS, keep=True)


def _inside(vehicle: re.Match[str]) -> str:
    """How it is said that somebody is part of what is seen of a vehicle."""
    ridden = _classes_of(vehicle.group(0))[0] in {ObjectClass.BICYCLE, ObjectClass.MOTORCYCLE}
    return "on|riding" if ridden else "in|inside|driving"


def _classes_of(word: str) -> tuple[ObjectClass, ...]:
    return CLASS_WORDS.get(word) or KINDS[word]


# Attributes -----------------------------------------------------------------------------------------------------------


def _attributes(draft: Draft) -> None:
    """What describes an object also stays in the text: a network may have missed the attribute."""
    shades = SHADES if draft.typed else COLOUR_WORDS
    colour = any_of(shades)
    either = rf"{colour}(?:(?: and | or |/|, | & ){colour})?" if draft.typed else colour
    kinds = f"(?:{any_of(VEHICLE_KINDS)} ){{0,2}}"
    known = (*_VEHICLES, *KINDS) if draft.typed else _VEHICLES
    patterns = [
        rf"{either} (?:[a-z-]+ )?{any_of((*UPPER, *LOWER))}",
        rf"{either} {kinds}{any_of(known)}",
        rf"(?:with|wearing|has|having|in) {_ARTICLE}(?:[a-z]+ )?{any_of(THINGS)}",
        rf"(?:carrying|holding) {_ARTICLE}(?:[a-z]+ )?{any_of(_CARRIED)}",
        rf"(?:short|long)[ -]sleeve[sd]?|shorts|{any_of(SHIRTS)}",
    ]
    # "No bag, hat" may go on with what is not wanted.
    excluded = any(phrase.part is Part.EXCLUSION for _, phrase in draft.taken)
    if draft.typed:
        ends = r"(?=\s*$|\s{2}|\s*[,;])"
        patterns += [
            rf"{any_of(known)},? (?:in )?{either}{ends}",
        ]
    if draft.typed and not excluded:
        patterns.append(
            rf"(?:(?<=^)|(?<=, )|(?<=  )|(?<=person )|(?<=people )|(?<=man )|(?<=woman )){_ARTICLE}(?:{colour} )?"
            rf"{any_of(WORN)}(?:{ends}|(?= (?:and|with|who|at|near|{any_of(CLASS_WORDS)})(?!\w)))"
        )
    taken: list[tuple[int, int]] = []
    # A question asks for one object: "a red car or a blue van" are two, "a green jacket with black trousers" is one.
    joint = re.compile(rf",? (?:with|and|over|above) {_ARTICLE}")
    for number, pattern in enumerate(patterns):
        last: int | None = None
        for found in re.finditer(rf"(?<![\w-]){pattern}(?![\w-])", draft.words):
            wishes = _attributes_of(found.group(0), draft)
            if draft.typed and _of_another(found.group(0), draft):
                continue
            if not wishes or any(start < found.end() and found.start() < end for start, end in taken):
                continue
            joined = number == 0 and last is not None and joint.fullmatch(draft.words, last, found.start()) is not None
            if not draft.typed and last is not None and not joined:
                break
            last = found.end()
            taken.append(found.span())
            _wish(draft, wishes)
            draft.take(found, Part.ATTRIBUTE, keep=True)
            _joined(draft, found.end())


def _of_another(words: str, draft: Draft) -> bool:
    """Whether they describe a vehicle that is not looked for: "person next to a red car"."""
    own = draft.reading.classes
    said = next((CLASS_WORDS.get(word) or KINDS.get(word) for word in words.split() if word in CLASS_WORDS), None)
    return bool(own) and said is not None and said[0] not in own


def _wish(draft: Draft, wishes: tuple[Wish, ...]) -> None:
    draft.note(attributes=tuple(dict.fromkeys((*draft.reading.attributes, *wishes))))


def _joined(draft: Draft, end: int) -> None:
    """`with a hat and a backpack`: what else is worn."""
    more = re.compile(rf",? and {_ARTICLE}((?:[a-z]+ )?{any_of(THINGS)})(?![\w-])")
    while (found := more.match(draft.words, end)) is not None:
        wishes = _attributes_of(found.group(1), draft)
        if wishes:
            _wish(draft, wishes)
        draft.take(found, Part.ATTRIBUTE, keep=True)
        end = found.end()


def _attributes_of(words: str, draft: Draft) -> tuple[Wish, ...]:
    """`red jacket`, `hat`, `blue or grey car`, `car blue`, `short sleeves`. Several wishes of one attribute are
    alternatives."""
    shades = SHADES if draft.typed else COLOUR_WORDS
    tokens = re.findall(r"[\w'-]+", words)
    colours = [colour for token in tokens if token in shades for colour in SHADES[token]]
    last = tokens[-1] if tokens else ""
    if last in shades and len(tokens) > 1:
        last = next((token for token in tokens if token in CLASS_WORDS or token in KINDS), last)
    thing = next(
        (THINGS[name] for name in (" ".join(tokens[-3:]), " ".join(tokens[-2:]), last) if name in THINGS), None
    )
    if thing is not None:
        # A black vest is no high-visibility one.
        plain = last in {"vest", "vests"} and set(colours) - {"yellow", "orange"}
        return () if plain else (Wish(thing, "yes"),)
    kind = CLASS_WORDS.get(last) or KINDS.get(last) or KINDS.get(" ".join(tokens[-2:]))
    vehicle = (kind or (ObjectClass.PERSON,))[0] is not ObjectClass.PERSON
    attribute = "vehicle.colour" if vehicle else "person.upper_colour" if last in UPPER else "person.lower_colour"
    wishes: tuple[Wish, ...] = ()
    if colours and (vehicle or last in UPPER or last in LOWER):
        wishes = tuple(Wish(attribute, colour) for colour in dict.fromkeys(colours))
    sleeves = re.search(r"(short|long)[ -]sleeve", words)
    if sleeves is not None or last in SHIRTS:
        return (*wishes, Wish("person.sleeves", "short" if sleeves is None else sleeves.group(1)))
    return (*wishes, Wish("person.legs", "short")) if last == "shorts" else wishes
