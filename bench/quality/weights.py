"""A profile's networks, run directly: no server, the same preparation of pictures and sentences as the services'.

A slot that the profile does not bring is served by `tiny`, as Triton does. OpenVINO runs what lies there as its IR.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from contracts.vocabulary import parse_attribute_layout
from infra.models.model_config import parameter, read_config
from infra.models.onnx_session import session_of
from infra.models.profiles import profile_folder, sha256_of
from kit.pixels import Pixels, letterbox, stretched
from kit.tokens import PROFILES_VARIABLE, tokenise

SLOTS = ("detect", "embed_image", "embed_text", "appearance", "attributes", "faces", "plates")
BATCH = 16

Tensors = Mapping[str, npt.NDArray[Any]]
Vectors = npt.NDArray[np.float32]


class NoSuchProfileError(ValueError):
    """A profile has no folder, or no weights in it."""

    def __init__(self, profile: str, folder: Path) -> None:
        super().__init__(f"there are no weights of profile {profile!r} in {folder}; see: sightline models list")


@dataclass(frozen=True)
class Found:
    """What a detector found in one picture, best first: boxes [N,4] (xyxy, 0-1 of the picture), scores and classes [N].

    Faces and plates have no classes: all are 0.
    """

    boxes: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]
    classes: npt.NDArray[np.int64]

    def where(self, keep: npt.NDArray[np.bool_]) -> "Found":
        """Keep some of them."""
        return Found(self.boxes[keep], self.scores[keep], self.classes[keep])


NOTHING = Found(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))


class Network:
    """One model of one profile."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = read_config(folder / "config.pbtxt")
        self.weights = parameter(self.config, "weights")
        self.profile = parameter(self.config, "profile")
        self._file = weights_file(folder)

    @cached_property
    def sha256(self) -> str:
        """Of the weights; an OpenVINO IR's weights lie beside its graph."""
        binary = self._file.with_suffix(".bin")
        return sha256_of(binary if self._file.suffix == ".xml" and binary.is_file() else self._file)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the picture that it takes."""
        height, width = tuple(self.config.input[0].dims)[1:]
        return int(height), int(width)

    def parameter(self, name: str) -> str:
        """A parameter of its configuration; empty where there is none."""
        return parameter(self.config, name)

    def run(self, tensors: Tensors) -> Tensors:
        """Outputs by name, as its configuration names them."""
        return self._runner(tensors)

    @cached_property
    def _runner(self) -> Callable[[Tensors], Tensors]:
        return (_openvino if self._file.suffix == ".xml" else _onnx)(
            self._file, [output.name for output in self.config.output]
        )


class Weights:
    """A profile's networks by slot; a slot that nobody serves is None."""

    def __init__(self, profile: str, state: Path) -> None:
        self.profile = profile
        folder = profile_folder(profile, state)
        if not any(weights_file(folder / slot).is_file() for slot in SLOTS):
            raise NoSuchProfileError(profile, folder)
        # Pulled vocabularies are looked for there.
        os.environ.setdefault(PROFILES_VARIABLE, str(state / "profiles"))
        tiny = profile_folder("tiny", state)
        self._networks = {slot: _slot(slot, (folder, tiny)) for slot in SLOTS}
        if not self.one_space:
            # One tower alone says nothing: both are tiny's, as they are served.
            self._networks |= {slot: _slot(slot, (tiny,)) for slot in ("embed_image", "embed_text")}

    def network(self, slot: str) -> Network | None:
        """The network behind a slot; None where no profile brings one."""
        return self._networks[slot]

    @property
    def one_space(self) -> bool:
        """Whether the vectors of pictures and of sentences may be compared."""
        towers = [self._networks[slot] for slot in ("embed_image", "embed_text")]
        return len({tower.parameter("space") for tower in towers if tower is not None}) < 2

    def detect(self, picture: Pixels) -> Found:
        """People and vehicles in one picture, UINT8 [H,W,3] RGB."""
        return self.places("detect", picture)

    def places(self, slot: str, picture: Pixels) -> Found:
        """What `detect`, `faces` or `plates` finds; nothing where nobody serves the slot."""
        network = self.network(slot)
        if network is None:
            return NOTHING
        pixels, place = letterbox(picture, *network.size)
        answer = network.run({"image": pixels[None]})
        boxes, scores = answer["boxes"][0], answer["scores"][0]
        classes = answer["classes"][0] if "classes" in answer else np.zeros(len(scores))
        found = Found(place.to_picture(boxes), scores.astype(np.float32), classes.astype(np.int64))
        sides = found.boxes[:, 2:] - found.boxes[:, :2]
        return found.where((scores > 0) & (sides > 0).all(1))

    def vectors(self, slot: str, crops: Sequence[Pixels]) -> Vectors:
        """Unit vectors [N,D] of crops by `embed_image` or `appearance`."""
        return unit(np.concatenate([answer["embedding"] for answer in self._looked_at(slot, crops)]))

    def sentences(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors [N,D] of sentences."""
        network = self.served("embed_text")
        vocabulary, longest = network.parameter("tokenizer"), int(network.parameter("max_tokens"))
        parts = []
        for start in range(0, len(texts), BATCH):
            ids, mask = tokenise(texts[start : start + BATCH], vocabulary, longest)
            given = {"input_ids": ids, "attention_mask": mask}
            parts.append(network.run({one.name: given[one.name] for one in network.config.input})["embedding"])
        return unit(np.concatenate(parts))

    def attributes(self, crops: Sequence[Pixels]) -> list[dict[str, dict[str, float]]]:
        """For each crop: group (`person.upper_colour`) → value → probability."""
        groups = parse_attribute_layout(self.served("attributes").parameter("attributes"))
        said = []
        for row in np.concatenate([answer["probabilities"] for answer in self._looked_at("attributes", crops)]):
            start, one = 0, {}
            for group in groups:
                end = start + len(group.values)
                one[group.key] = {v: float(p) for v, p in zip(group.values, row[start:end], strict=True)}
                start = end
            said.append(one)
        return said

    def _looked_at(self, slot: str, crops: Sequence[Pixels]) -> Iterator[Tensors]:
        network = self.served(slot)
        for start in range(0, len(crops), BATCH):
            yield network.run({"image": np.stack([stretched(c, *network.size) for c in crops[start : start + BATCH]])})

    def served(self, slot: str) -> Network:
        """The network behind a slot that must be there. Raises LookupError where nobody serves it."""
        network = self.network(slot)
        if network is None:
            raise LookupError(f"no profile serves {slot!r}")
        return network


def weights_file(folder: Path) -> Path:
    """The file of a model's folder that holds its network."""
    intermediate = folder / "1" / "model.xml"
    return intermediate if intermediate.is_file() else folder / "1" / "model.onnx"


def unit(vectors: npt.NDArray[np.floating[Any]]) -> Vectors:
    """Vectors [N,D] made as long as 1."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), np.float32)


def _slot(slot: str, folders: tuple[Path, ...]) -> Network | None:
    for folder in folders:
        if (folder / slot / "config.pbtxt").is_file() and weights_file(folder / slot).is_file():
            return Network(folder / slot)
    return None


def _onnx(file: Path, outputs: list[str]) -> Callable[[Tensors], Tensors]:
    session = session_of(file)
    return lambda tensors: dict(zip(outputs, session.run(outputs, dict(tensors)), strict=True))


def _openvino(file: Path, outputs: list[str]) -> Callable[[Tensors], Tensors]:
    import openvino

    model = openvino.Core().compile_model(str(file), "CPU", {"INFERENCE_NUM_THREADS": 1})

    def run(tensors: Tensors) -> Tensors:
        # An IR may have been read with a batch of one.
        names = list(tensors)
        rows = [model({name: tensors[name][row : row + 1] for name in names}) for row in range(len(tensors[names[0]]))]
        return {output: np.concatenate([np.asarray(row[output]) for row in rows]) for output in outputs}

    return run
