"""What a line of text needs before it is set: harmless characters, and its words in the order in which they are seen.

reportlab shapes the letters of a word (HarfBuzz) but lays words out from left to right. Right-to-left words are put in
visual order here, word by word: the rules of Unicode's bidirectional algorithm (UAX #9) at the grain of whole words.
"""

import unicodedata
from collections.abc import Sequence

_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_LETTERS_BY_RULE = (
    (0x0590, 0x08FF),  # Hebrew, Arabic, Syriac, Thaana, N'Ko …
    (0x0900, 0x109F),  # the scripts of India, Thai, Lao, Tibetan, Burmese
    (0x1780, 0x18AF),  # Khmer, Mongolian
    (0x1CD0, 0x1CFF),
    (0xA8E0, 0xABFF),
    (0xFB1D, 0xFDFF),
    (0xFE70, 0xFEFF),
)
"""Ranges whose letters join or move, so that they need shaping."""


def harmless(text: str) -> str:
    """The text with line breaks as LF and without what could hide or reorder its neighbours: control characters become
    spaces; direction overrides, and other invisible marks that are not needed to write a language, are shown by number.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(_shown(character) for character in unicodedata.normalize("NFC", text))


def needs_shaping(text: str) -> bool:
    """Whether letters change with their neighbours."""
    return any(low <= ord(character) <= high for character in text for low, high in _LETTERS_BY_RULE)


def is_right_to_left(text: str) -> bool:
    """Whether any part of the text runs from right to left."""
    return any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text)


def begins_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction runs from right to left: then so does the line."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction == "L" or direction in _RIGHT_TO_LEFT:
            return direction != "L"
    return False


def in_visual_order(words: Sequence[str], *, line_right_to_left: bool) -> list[str]:
    """The words of one line from left to right as they are seen."""
    levels = _levels(words, line_right_to_left)
    order = list(range(len(words)))
    # UAX #9, rule L2: reverse every run of a level or higher, from the highest level down.
    for level in range(max(levels, default=0), 0, -1):
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and levels[order[end]] >= level:
                end += 1
            if end > start:
                order[start:end] = reversed(order[start:end])
            start = max(end, start + 1)
    return [words[index] for index in order]


def _levels(words: Sequence[str], line_right_to_left: bool) -> list[int]:
    """Embedding level of each word: even runs left to right, odd right to left. A word without a direction of its own
    (digits, signs) follows its neighbours where they agree and the line where they do not; a number also stays with
    left-to-right text before it, as "camera 12" does (rule W7)."""
    line = 1 if line_right_to_left else 0
    own = [_direction(word) for word in words]
    levels: list[int] = []
    for index, direction in enumerate(own):
        right_to_left = direction
        if right_to_left is None:
            before = next((found for found in reversed(own[:index]) if found is not None), line_right_to_left)
            after = next((found for found in own[index + 1 :] if found is not None), line_right_to_left)
            is_number = any(character.isdecimal() for character in words[index])
            right_to_left = before if before == after or (is_number and not before) else line_right_to_left
        levels.append(1 if right_to_left else 2 * line)
    return levels


def _direction(word: str) -> bool | None:
    """True: right to left; False: left to right; None: digits and signs only."""
    if is_right_to_left(word):
        return True
    return False if any(unicodedata.bidirectional(character) == "L" for character in word) else None


def _shown(character: str) -> str:
    if character == "\n":
        return character
    category = unicodedata.category(character)
    if category == "Cc" or category in {"Zl", "Zp"}:
        return " "
    # Zero-width (non-)joiners are part of how Persian and the scripts of India are written.
    if category in {"Cf", "Cs", "Co", "Cn"} and character not in "\u200c\u200d":
        return f"[U+{ord(character):04X}]"
    return character
