"""The end of every graph that finds things: COCO's classes to ours, non-maximum suppression, the outputs' shapes.

Source: of 80 class scores a place speaks for its strongest alone, as in PaddleDetection's and YOLOX's own decoding.
"""

from typing import Any

import numpy as np
import onnx

from infra.models.onnx_graph import GraphWriter, tensor

# COCO's places of person, bicycle, car, motorcycle, bus, truck: the order of our class ids.
COCO_CLASSES = (0, 1, 2, 3, 5, 7)
SCORE_FLOOR = 0.05
SUPPRESSION_IOU = 0.6
MAX_DETECTIONS = 100


def detection_outputs() -> list[Any]:
    """Describe the outputs that every `detect` model has."""
    return [*place_outputs(), tensor("classes", np.int32, "batch", MAX_DETECTIONS)]


def place_outputs() -> list[Any]:
    """Describe the outputs that every model of one class has (`faces`, `plates`)."""
    return [
        tensor("boxes", np.float32, "batch", MAX_DETECTIONS, 4),
        tensor("scores", np.float32, "batch", MAX_DETECTIONS),
    ]


def our_classes(writer: GraphWriter, scores: str) -> str:
    """Pick our classes from COCO's: tensor [N,P,80] to [N,6,P].

    A place speaks only for its best class of all 80: a dog that looks a little like a person is no person.
    """
    strongest = writer.op("ReduceMax", scores, axes=[2], keepdims=1)
    ours = writer.op("Gather", scores, writer.constant(COCO_CLASSES, np.int64), axis=2)
    weaker = writer.op("Less", ours, strongest)
    won = writer.op("Where", weaker, writer.constant(0.0, np.float32), ours)
    return writer.op("Transpose", won, perm=[0, 2, 1])


def corners(writer: GraphWriter, centres: str, sizes: str, *, scale: tuple[float, float] = (1.0, 1.0)) -> str:
    """Turn centres [N,P,2] and sizes [N,P,2] into boxes [N,P,4], xyxy, divided by `scale` (x, y), cut to 0-1."""
    half = writer.op("Mul", sizes, writer.constant(0.5, np.float32))
    box = writer.op("Concat", writer.op("Sub", centres, half), writer.op("Add", centres, half), axis=2)
    unit = writer.op("Div", box, writer.constant([*scale, *scale], np.float32))
    return writer.op("Clip", unit, writer.constant(0.0, np.float32), writer.constant(1.0, np.float32))


def part(writer: GraphWriter, source: str, start: int, end: int) -> str:
    """Take the channels from `start` to before `end` of a tensor [N,P,C]."""
    return writer.op("Slice", source, writer.ints(start), writer.ints(end), writer.ints(2))


def add_suppression(
    writer: GraphWriter,
    boxes: str,
    scores: str,
    *,
    iou: float = SUPPRESSION_IOU,
    floor: float = SCORE_FLOOR,
    classes: bool = True,
    one_thing: tuple[int, ...] = (),
) -> None:
    """Add non-maximum suppression by class and keep the best 100, in operators that mean the same from opset 11 to 17.

    Args:
        writer: receives the nodes; the last ones are named `boxes`, `scores`, `classes`.
        boxes: tensor [N,P,4], xyxy, 0-1.
        scores: tensor [N,C,P].
        iou: overlap from which the weaker of two boxes of a class goes.
        floor: score below which nothing is a detection.
        one_thing: classes that suppress each other as if they were one: a van is not a car and a truck besides.
        classes: whether the class ids are told, as `detect` does; models of one class do not.
    """
    candidates = _as_one(writer, scores, one_thing) if one_thing else scores
    picked = writer.op(
        "NonMaxSuppression",
        boxes,
        candidates,
        writer.ints(MAX_DETECTIONS),
        writer.constant([iou], np.float32),
        writer.constant([floor], np.float32),
    )
    # NonMaxSuppression gives a ragged list of (batch, class, place); scatter it back into a dense score map, so
    # that TopK can give every picture of the batch the same number of rows.
    shape = writer.op("Shape", scores)
    empty = writer.op("ConstantOfShape", writer.op("Shape", candidates))
    kept = writer.op("ScatterND", empty, picked, writer.op("GatherND", candidates, picked))
    if one_thing:
        # Each place gives what is kept of it to the class that is strongest there.
        alone = _alone(one_thing)
        home = [len(alone) if k in one_thing else alone.index(k) for k in _classes()]
        kept = writer.op("Gather", kept, writer.constant(home, np.int64), axis=1)
        kept = writer.op("Where", writer.op("Less", scores, kept), writer.constant(0.0, np.float32), kept)
    flat = writer.op("Reshape", kept, writer.ints(0, -1))
    best, places = writer.pair("TopK", flat, writer.ints(MAX_DETECTIONS), axis=1)
    writer.op("Identity", best, name="scores")
    priors = writer.op("Gather", shape, writer.constant(2, np.int64))
    class_ids = writer.op("Div", places, priors)
    if classes:
        writer.op("Cast", class_ids, name="classes", to=onnx.TensorProto.INT32)
    prior = writer.op("Sub", places, writer.op("Mul", class_ids, priors))
    spread = writer.op("Expand", writer.op("Reshape", prior, writer.ints(0, 0, 1)), writer.ints(1, 1, 4))
    chosen = writer.op("GatherElements", boxes, spread, axis=1)
    # A padded row points at some arbitrary box: make it zero.
    real = writer.op("Cast", writer.op("Greater", best, writer.constant(0.0, np.float32)), to=onnx.TensorProto.FLOAT)
    writer.op("Mul", chosen, writer.op("Reshape", real, writer.ints(0, 0, 1)), name="boxes")


def _as_one(writer: GraphWriter, scores: str, one_thing: tuple[int, ...]) -> str:
    """Put the strongest of some classes behind the others: tensor [N,6,P] to [N,6-K+1,P]."""
    alone = writer.op("Gather", scores, writer.constant(_alone(one_thing), np.int64), axis=1)
    together = writer.op("Gather", scores, writer.constant(one_thing, np.int64), axis=1)
    return writer.op("Concat", alone, writer.op("ReduceMax", together, axes=[1], keepdims=1), axis=1)


def _alone(one_thing: tuple[int, ...]) -> list[int]:
    return [k for k in _classes() if k not in one_thing]


def _classes() -> range:
    return range(len(COCO_CLASSES))
