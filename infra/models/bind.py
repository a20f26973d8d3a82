"""From checked weight files to a folder that Triton serves: which surgery makes each of the weights fit.

A folder is made beside its place and put there in one step, so that a server or a second pull never sees half a model.
Changed weights need a changed surgery or none: the name of the weights says which.
"""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tritonclient.grpc import model_config_pb2

from contracts.vocabulary import DETECTOR_CLASSES, attribute_layout
from infra.models.found_boxes import MAX_DETECTIONS
from infra.models.lock import LockedWeights
from infra.models.model_config import set_parameter, write_config

SIGLIP_SIDE, SIGLIP_LENGTH = 224, 768
"""Of the base model with patches of 16 pixels; the surgery fits others too."""
SIGLIP_SPACE = "siglip2-base-semantic-1"
RECALL_THRESHOLD = "0.3"
"""For redaction, where recall is what counts: half of what upstream takes to be sure. Not tuned on anything here."""
REID_SPACE = "retail-0287-appearance-1"
VEHICLE_REID_SPACE = "vehicle-reid-0001-appearance-1"

Files = Mapping[str, Path]
"""The checked files of some weights, by the part that they play."""


@dataclass(frozen=True)
class Served:
    """What becomes of some weights.

    Attributes:
        backend: Triton's name of what runs them.
        inputs: name, data type and dimensions without the batch.
        outputs: the same of the outputs.
        save: writes the version's files into a folder, and a vocabulary beside it where the text tower has its own.
        max_batch: the most inputs of one request.
        parameters: of the configuration, besides those that every model has.
    """

    backend: str
    inputs: Sequence[tuple[str, str, Sequence[int]]]
    outputs: Sequence[tuple[str, str, Sequence[int]]]
    save: Callable[[Path], None]
    max_batch: int = 16
    parameters: Mapping[str, str] = field(default_factory=dict)


def bind(profile: str, model: str, weights: LockedWeights, files: Files, target: Path) -> Path:
    """Make a slot's folder anew.

    Args:
        profile: its name.
        model: the slot.
        weights: what the lock says of the weights.
        files: where their checked files are.
        target: the profile's folder; `<target>/<model>` is written.

    Returns:
        The model's folder.

    Raises:
        infra.models.onnx_graph.UnexpectedGraphError: a file holds another network than the surgery knows.
        OSError: the folder cannot be written.
    """
    served = SURGERY[weights.name](files)
    target.mkdir(parents=True, exist_ok=True)
    fresh, folder = target.parent / f".{profile}-{model}-{os.getpid()}", target / model
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        (fresh / "1").mkdir(parents=True)
        served.save(fresh / "1")
        write_config(fresh / "config.pbtxt", _config(profile, model, weights, served))
        # No two steps of the file system replace a folder; what is served was read long ago.
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


def _config(profile: str, model: str, weights: LockedWeights, served: Served) -> Any:
    config = model_config_pb2.ModelConfig(name=model, backend=served.backend, max_batch_size=served.max_batch)
    for entries, add in ((served.inputs, config.input.add), (served.outputs, config.output.add)):
        for name, kind, dims in entries:
            add(name=name, data_type=getattr(model_config_pb2, f"TYPE_{kind}"), dims=list(dims))
    # Requests that wait while others are computed become one batch; none waits for company.
    config.dynamic_batching.SetInParent()
    config.instance_group.add(count=1, kind=model_config_pb2.ModelInstanceGroup.KIND_AUTO)
    # 0: all cores that the process may use.
    threads = {"intra_op_thread_count": "0", "inter_op_thread_count": "1"}
    if served.backend == "openvino":
        threads = {"INFERENCE_NUM_THREADS": "0"}
    known = {"profile": profile, "weights": weights.name, "licence": weights.licence}
    for name, value in (known | dict(served.parameters) | threads).items():
        set_parameter(config, name, value)
    return config


def _onnx(load: Path, surgery: Callable[[Any], Any]) -> Callable[[Path], None]:
    def save(folder: Path) -> None:
        import onnx

        onnx.save(surgery(onnx.load(str(load))), str(folder / "model.onnx"))

    return save


def _openvino(make: Callable[[], Any]) -> Callable[[Path], None]:
    def save(folder: Path) -> None:
        import openvino

        openvino.save_model(make(), str(folder / "model.xml"), compress_to_fp16=False)

    return save


def _picture(height: int, width: int) -> list[tuple[str, str, Sequence[int]]]:
    return [("image", "UINT8", (3, height, width))]


def _places() -> list[tuple[str, str, Sequence[int]]]:
    return [("boxes", "FP32", (MAX_DETECTIONS, 4)), ("scores", "FP32", (MAX_DETECTIONS,))]


def _detector(height: int, width: int, save: Callable[[Path], None], max_batch: int = 16) -> Served:
    return Served(
        backend="onnxruntime",
        inputs=_picture(height, width),
        outputs=[*_places(), ("classes", "INT32", (MAX_DETECTIONS,))],
        save=save,
        max_batch=max_batch,
        parameters={"classes": ",".join(klass.value for klass in DETECTOR_CLASSES)},
    )


def _finder(height: int, width: int, save: Callable[[Path], None]) -> Served:
    """Of one class: `faces`, `plates`."""
    return Served(
        backend="onnxruntime",
        inputs=_picture(height, width),
        outputs=_places(),
        save=save,
        max_batch=8,
        parameters={"recall_threshold": RECALL_THRESHOLD},
    )


def _picodet(files: Files) -> Served:
    from infra.models import picodet

    def surgery(source: Any) -> Any:
        return picodet.served_graph(source, picodet.SERVED_HEIGHT, picodet.SERVED_WIDTH)

    return _detector(picodet.SERVED_HEIGHT, picodet.SERVED_WIDTH, _onnx(files["model"], surgery))


def _yolox(files: Files) -> Served:
    from infra.models import yolox

    def surgery(source: Any) -> Any:
        return yolox.served_graph(source, yolox.SERVED_HEIGHT, yolox.SERVED_WIDTH)

    return _detector(yolox.SERVED_HEIGHT, yolox.SERVED_WIDTH, _onnx(files["model"], surgery))


def _dfine(files: Files) -> Served:
    from infra.models import dfine

    return _detector(dfine.SIZE, dfine.SIZE, _onnx(files["model"], dfine.served_graph), max_batch=8)


def _yunet(files: Files) -> Served:
    from infra.models import yunet

    def surgery(source: Any) -> Any:
        return yunet.served_graph(source, yunet.SERVED_HEIGHT, yunet.SERVED_WIDTH)

    return _finder(yunet.SERVED_HEIGHT, yunet.SERVED_WIDTH, _onnx(files["model"], surgery))


def _hyperlpr(files: Files) -> Served:
    from infra.models import hyperlpr

    return _finder(hyperlpr.SIZE, hyperlpr.SIZE, _onnx(files["model"], hyperlpr.served_graph))


def _person_reidentification(files: Files) -> Served:
    from infra.models import open_model_zoo as zoo

    return Served(
        backend="openvino",
        inputs=_picture(zoo.APPEARANCE_HEIGHT, zoo.APPEARANCE_WIDTH),
        outputs=[("embedding", "FP32", (zoo.APPEARANCE_LENGTH,))],
        save=_openvino(lambda: zoo.appearance_graph(files["model"])),
        max_batch=32,
        parameters={"space": REID_SPACE},
    )


def _vehicle_reidentification(files: Files) -> Served:
    from infra.models import vehicle_reid

    return Served(
        backend="onnxruntime",
        inputs=_picture(vehicle_reid.SIZE, vehicle_reid.SIZE),
        outputs=[("embedding", "FP32", (vehicle_reid.LENGTH,))],
        save=_onnx(files["model"], vehicle_reid.served_graph),
        max_batch=32,
        parameters={"space": VEHICLE_REID_SPACE},
    )


def _attributes(files: Files) -> Served:
    from infra.models import open_model_zoo as zoo

    groups = zoo.ATTRIBUTE_GROUPS
    return Served(
        backend="openvino",
        inputs=_picture(zoo.CROP_HEIGHT, zoo.CROP_WIDTH),
        outputs=[("probabilities", "FP32", (sum(len(group.values) for group in groups),))],
        save=_openvino(lambda: zoo.attributes_graph(files["person"], files["vehicle"])),
        max_batch=32,
        parameters={"attributes": attribute_layout(groups)},
    )


def _siglip_image(files: Files) -> Served:
    from infra.models import siglip

    def surgery(source: Any) -> Any:
        return siglip.served_image(source, SIGLIP_LENGTH, SIGLIP_SIDE)

    return Served(
        backend="onnxruntime",
        inputs=_picture(SIGLIP_SIDE, SIGLIP_SIDE),
        outputs=[("embedding", "FP32", (SIGLIP_LENGTH,))],
        save=_onnx(files["model"], surgery),
        parameters={"space": SIGLIP_SPACE},
    )


def _siglip_text(files: Files) -> Served:
    from infra.models import siglip

    def surgery(source: Any) -> Any:
        return siglip.served_text(source, SIGLIP_LENGTH)

    save_network = _onnx(files["model"], surgery)

    def save(folder: Path) -> None:
        save_network(folder)
        siglip.write_tokenizer(files["tokenizer"], folder.parent / f"{siglip.VOCABULARY}.json")

    return Served(
        backend="onnxruntime",
        inputs=[("input_ids", "INT64", (-1,)), ("attention_mask", "INT64", (-1,))],
        outputs=[("embedding", "FP32", (SIGLIP_LENGTH,))],
        save=save,
        parameters={
            "space": SIGLIP_SPACE,
            "tokenizer": siglip.VOCABULARY,
            "max_tokens": str(siglip.MAX_TOKENS),
        },
    )


SURGERY: Mapping[str, Callable[[Files], Served]] = {
    "picodet-s-416-coco": _picodet,
    "yolox-nano-416-coco": _yolox,
    "dfine-s-coco": _dfine,
    "yunet-s": _yunet,
    "hyperlpr-y5fu-640": _hyperlpr,
    "person-reidentification-retail-0287": _person_reidentification,
    "vehicle-reid-0001": _vehicle_reidentification,
    "crossroad-0230+barrier-0039": _attributes,
    "siglip2-base-patch16-224-image": _siglip_image,
    "siglip2-base-patch16-224-text": _siglip_text,
}
"""How the pinned files of each of the weights become what is served."""
