"""That a question cannot be answered, as an exception on the way to the answer that says so."""

import re

from contracts.question import Refusal


class QuestionRefused(Exception):  # noqa: N818  it is told to the person who asks, as a part of the answer
    """The question, or a part of it, cannot be answered."""

    def __init__(self, code: str, message: str, advice: str) -> None:
        super().__init__(message)
        self.refusal = Refusal(code=code, message=message, advice=advice)


def found_in(pattern: str, words: str) -> re.Match[str] | None:
    """The first place where whole words fit the pattern."""
    return re.search(rf"(?<![\w-])(?:{pattern})(?![\w-])", words)
