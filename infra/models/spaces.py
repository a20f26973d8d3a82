"""The embedding spaces that profiles bring, and their state in the database: which serves, which is being filled.

Everything here is done with the database of sightline_owner: models are the whole deployment's, not a tenant's. What
the states mean, and what makes a space serve, stands in `migrations/0002_two_spaces.sql`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from contracts.embed import EMBED_REEMBED
from contracts.vocabulary import STORED_DIMENSIONS, Space
from infra.models.model_config import parameter, read_config
from kit.sql import Statements
from kit.triton import APPEARANCE, BESIDE, EMBED_IMAGE, EMBED_TEXT

BUILT_IN = "tiny"
"""The profile that the checkout itself holds. Its models have the bare names."""

VECTOR_MODELS = (EMBED_IMAGE, EMBED_TEXT, APPEARANCE)
"""The models that write or read a vector space."""

_TOWERS: dict[Space, tuple[str, str | None]] = {
    Space.SEMANTIC: (EMBED_IMAGE, EMBED_TEXT),
    Space.APPEARANCE: (APPEARANCE, None),
}
_SQL = Statements(Path(__file__).with_name("spaces.sql"))


@dataclass(frozen=True)
class ProfileSpace:
    """One space that a profile's models write, and the names under which they are served."""

    kind: Space
    name: str
    dimension: int
    profile: str
    image_model: str
    text_model: str | None


@dataclass(frozen=True)
class SpaceStatus:
    """One space in the database. Numbers of jobs and stills are those of its re-embedding, over all tenants."""

    kind: Space
    name: str
    dimension: int
    profile: str
    state: str
    """`serving`, `incoming` or `kept`."""
    since: datetime
    image_model: str | None
    """None: nothing served now makes its vectors, so it cannot serve."""
    text_model: str | None
    vectors: int
    asked: bool
    """Whether all of the re-embedding has been asked for."""
    jobs: int
    done: int
    running: int
    dead: int
    stills: int
    """Asked for."""
    stills_done: int
    reason: str | None
    """Of one of the dead jobs."""

    @property
    def share(self) -> float:
        """Of the stills asked for, how many have their vectors: 0 to 1."""
        return self.stills_done / self.stills if self.stills else 1.0


class IncompleteProfileError(ValueError):
    """A profile's models do not make a space that could be used."""


def served_name(model: str, profile: str) -> str:
    """Say under which name a profile's model is served: beside the built-in one's if it makes vectors."""
    return f"{model}{BESIDE}{profile}" if model in VECTOR_MODELS and profile != BUILT_IN else model


def slot_and_profile(served: str) -> tuple[str, str]:
    """Say of a served name which model it is and of which profile."""
    slot, _, profile = served.partition(BESIDE)
    return slot, profile or BUILT_IN


def profile_spaces(folder: Path, profile: str) -> list[ProfileSpace]:
    """Read from a profile's folder which spaces its models write; kinds that it does not bring are left out.

    Raises:
        IncompleteProfileError: one tower of two is missing, they differ, or the store cannot hold their vectors.
    """
    return [space for kind in Space if (space := _profile_space(folder, profile, kind)) is not None]


def _profile_space(folder: Path, profile: str, kind: Space) -> ProfileSpace | None:
    image, text = _TOWERS[kind]
    wanted = [model for model in (image, text) if model is not None]
    there = [model for model in wanted if (folder / model / "config.pbtxt").is_file()]
    if not there:
        return None
    if there != wanted:
        missing = ", ".join(model for model in wanted if model not in there)
        raise IncompleteProfileError(
            f"profile {profile} brings {', '.join(there)} without {missing}: both towers must share one space."
            f" Pull both: sightline models pull {profile}"
        )
    configs = {model: read_config(folder / model / "config.pbtxt") for model in wanted}
    names = {parameter(config, "space") for config in configs.values()}
    sizes = {
        int(output.dims[0]) for config in configs.values() for output in config.output if output.name == "embedding"
    }
    if len(names) != 1 or "" in names or len(sizes) != 1:
        raise IncompleteProfileError(
            f"profile {profile}: {' and '.join(wanted)} must name one space and give vectors of one length,"
            f" not {sorted(names)} and {sorted(sizes)} (the `space` parameter of config.pbtxt)"
        )
    dimension = sizes.pop()
    if dimension not in STORED_DIMENSIONS[kind]:
        held = " or ".join(str(known) for known in STORED_DIMENSIONS[kind])
        raise IncompleteProfileError(
            f"profile {profile}: {image} gives {dimension} numbers a vector; the store holds {held}"
        )
    return ProfileSpace(
        kind=kind,
        name=names.pop(),
        dimension=dimension,
        profile=profile,
        image_model=served_name(image, profile),
        text_model=None if text is None else served_name(text, profile),
    )


def bind(dsn: str, spaces: Iterable[ProfileSpace]) -> list[str]:
    """Note which weights stand behind which names; the first space of a kind serves. Returns what serves, in words."""
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        for space in spaces:
            _bind(connection, space)
        rows = connection.execute(_SQL["serving"]).fetchall()
    return [f"{row['kind']} {row['name']}" for row in rows]


def bind_laid_out(dsn: str, repository: Path, first: str) -> list[str]:
    """Note, at a start, which weights lie behind the names that are served. Where nothing serves a kind yet, those of
    the profile `first` do. Returns what serves, in words."""
    folders = {name: slot_and_profile(name) for name in sorted(folder.name for folder in repository.iterdir())}
    profiles = dict.fromkeys([first, BUILT_IN, *(profile for _, profile in folders.values())])
    spaces = []
    for profile in profiles:
        spaces += _laid_out(repository, profile)
    return bind(dsn, spaces)


def _laid_out(repository: Path, profile: str) -> list[ProfileSpace]:
    found = []
    for kind, (image, text) in _TOWERS.items():
        names = [served_name(model, profile) for model in (image, text) if model is not None]
        if not all((repository / name / "config.pbtxt").is_file() for name in names):
            continue
        config = read_config(repository / names[0] / "config.pbtxt")
        sizes = [int(output.dims[0]) for output in config.output if output.name == "embedding"]
        found.append(
            ProfileSpace(
                kind=kind,
                name=parameter(config, "space"),
                dimension=sizes[0],
                profile=profile,
                image_model=names[0],
                text_model=names[1] if len(names) > 1 else None,
            )
        )
    return found


def begin_switch(dsn: str, space: ProfileSpace) -> int:
    """Make new footage be written to a space from now on, and ask for the vectors that stored footage lacks there.

    Safe to repeat: what was asked for and is not done stays, what is done or given up is asked for again if it lacks
    anything. Where nothing is missing, the space serves at once.

    Returns:
        How many stills are to be re-embedded.

    Raises:
        IncompleteProfileError: a space of that name is of another kind or length.
    """
    with psycopg.connect(dsn, row_factory=dict_row, autocommit=True) as connection:
        space_id = _bind(connection, space)
        connection.execute(_SQL["begin_switch"], {"space_id": space_id})
        stills = 0
        for tenant in connection.execute(_SQL["tenants"]).fetchall():
            row = connection.execute(
                _SQL["ask_reembedding"],
                {"space_id": space_id, "tenant_id": tenant["id"], "most_attempts": EMBED_REEMBED.max_attempts},
            ).fetchone()
            stills += 0 if row is None else int(row["stills"])
        connection.execute(_SQL["all_asked"], {"space_id": space_id})
        connection.execute(_SQL["settle_switch"], {"space_id": space_id})
    return stills


def statuses(dsn: str, *, counted: bool = True) -> list[SpaceStatus]:
    """Say where every space stands: the serving one of a kind first, then the incoming, then those that are kept.

    Counting the vectors reads through all of them; without `counted` their numbers are 0.
    """
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        counts = _vectors(connection) if counted else {}
        rows = connection.execute(_SQL["statuses"]).fetchall()
    return [_status(row, counts) for row in rows]


def _status(row: dict[str, Any], counts: dict[int, int]) -> SpaceStatus:
    given = {name: value for name, value in row.items() if name not in {"id", "kind"}}
    return SpaceStatus(kind=Space(row["kind"]), vectors=counts.get(row["id"], 0), **given)


def drop_kept(dsn: str, names: Sequence[str]) -> int:
    """Delete the vectors of kept spaces; going back to one of them then means re-embedding. Returns how many went.

    A space that stopped serving less than a minute ago is left alone: a search that began before may still read it.
    """
    deleted = 0
    with psycopg.connect(dsn, autocommit=True) as connection:
        # One partition after the other, so that no transaction grows long.
        for (leaf,) in connection.execute(_SQL["leaves"]).fetchall():
            statement = sql.SQL(_SQL["drop_kept"]).format(sql.Identifier("embed", leaf))
            deleted += connection.execute(statement, {"names": list(names)}).rowcount
    return deleted


def _vectors(connection: psycopg.Connection[Any]) -> dict[int, int]:
    return {row["space_id"]: row["vectors"] for row in connection.execute(_SQL["vectors"]).fetchall()}


def _bind(connection: psycopg.Connection[Any], space: ProfileSpace) -> int:
    row = (
        connection.cursor(row_factory=dict_row)
        .execute(_SQL["bind_space"], {**vars(space), "kind": space.kind.value})
        .fetchone()
    )
    if row is None or (row["kind"], row["dimension"]) != (space.kind.value, space.dimension):
        known = "nothing" if row is None else f"{row['kind']}, {row['dimension']}-d"
        raise IncompleteProfileError(
            f"the space {space.name} of profile {space.profile} is known as {known}: its weights need another `space`"
            " in their config.pbtxt"
        )
    return int(row["id"])
