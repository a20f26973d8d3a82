"""The one attribute of the bench has hundreds of values, so that one can be rare. Where the search service is to be
asked for them as by a client, they must be words of its vocabulary: import this before the service."""

from dataclasses import replace

from contracts import vocabulary

NAME = "person.upper_colour"
VALUES = tuple(f"c{number}" for number in range(200))

vocabulary.ATTRIBUTE_GROUPS = tuple(
    replace(group, values=(*group.values, *VALUES)) if group.key == NAME else group
    for group in vocabulary.ATTRIBUTE_GROUPS
)
