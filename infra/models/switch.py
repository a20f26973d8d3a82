"""Switching the served models to another profile while everything runs."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from contracts.vocabulary import Space
from infra.embedded.repository import lay_out
from infra.models.spaces import BUILT_IN, VECTOR_MODELS, ProfileSpace, begin_switch, profile_spaces, slot_and_profile
from kit.tokens import UnknownVocabularyError
from kit.triton import MODELS, Triton, TritonError

LOAD_SECONDS = 600.0
"""How long a model may take to load: the largest have gigabytes."""


class SwitchRefusedError(Exception):
    """The switch was not begun: nothing was changed for searches."""


@dataclass(frozen=True)
class Begun:
    """One kind of space that is being switched, or was at once."""

    space: ProfileSpace
    stills: int
    """To be re-embedded; 0: it serves already."""


def load(triton_url: str, names: Collection[str]) -> None:
    """Load models into a running Triton, or load them anew, and ask each something small.

    Raises:
        SwitchRefusedError: a model does not load or does not answer; what was served before still is.
    """
    client = InferenceServerClient(triton_url)
    triton = Triton(triton_url, timeout_seconds=60.0)
    try:
        for name in names:
            client.load_model(name, client_timeout=LOAD_SECONDS)
            if slot_and_profile(name)[0] in MODELS:
                triton.canary(name)
    except (InferenceServerException, TritonError, UnknownVocabularyError) as error:
        raise SwitchRefusedError(f"Triton at {triton_url} cannot serve {name}: {error}") from error
    finally:
        triton.close()
        client.close()


def switch(
    profile: str,
    *,
    folder: Path,
    repository: Path,
    triton_url: str,
    dsn: str,
    only: Collection[Space] = (),
) -> list[Begun]:
    """Serve a profile's models beside those that are served, and begin to fill its spaces.

    Args:
        profile: its name.
        folder: where its models lie.
        repository: the folder that Triton serves; a link or mount of the same is fine.
        triton_url: host:port of Triton's gRPC, in explicit model control mode.
        dsn: Postgres as sightline_owner.
        only: switch these kinds of spaces alone, and leave every other model as it is. Empty: all of the profile.

    Raises:
        SwitchRefusedError: a model does not load.
        infra.models.spaces.IncompleteProfileError: the profile's models make no space that could be used.
    """
    spaces = [space for space in profile_spaces(folder, profile) if not only or space.kind in only]
    vector_models = {name for space in spaces for name in (space.image_model, space.text_model) if name is not None}
    names = lay_out(repository, folder, profile, only=vector_models if only else None)
    # The built-in profile's vector models are always served: loading them again would cost time and bring nothing.
    load(triton_url, [name for name in names if profile != BUILT_IN or name not in VECTOR_MODELS])
    return [Begun(space, begin_switch(dsn, space)) for space in spaces]
