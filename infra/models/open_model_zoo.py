"""Intel's Open Model Zoo networks (OpenVINO IR) as `appearance` and `attributes`: bytes in, our outputs out.

The preparation and the reading of the outputs are built into the graph once, when the weights are pulled, so that
NVIDIA's own OpenVINO backend and ours serve the same files.

Of the person network's eight answers three never leave the graph: the one for gender, which Sightline does not ask of
anybody, and those for long hair and coats, which have no word in our vocabulary. The network also says where the upper
and the lower clothing show their colour; the colour is read there, as Intel's own demonstration does, and named in the
graph: by its distance in CIELAB from a typical shade of each of the eleven basic colours (Berlin and Kay 1969).
"""

from pathlib import Path
from typing import Any

import numpy as np

from contracts.vocabulary import COLOURS, AttributeGroup, Subject
from infra.models.onnx_graph import UnexpectedGraphError

APPEARANCE_HEIGHT, APPEARANCE_WIDTH, APPEARANCE_LENGTH = 256, 128, 256
CROP_HEIGHT, CROP_WIDTH = 160, 80
"""Of the crop that `attributes` takes: what the person network was made for."""
VEHICLE_SIDE = 72

_SHADES = {
    "black": (28, 28, 32),
    "blue": (45, 75, 150),
    "brown": (100, 70, 50),
    "green": (60, 110, 65),
    "grey": (125, 125, 125),
    "orange": (225, 120, 40),
    "pink": (230, 145, 175),
    "purple": (105, 60, 130),
    "red": (175, 35, 45),
    "white": (225, 225, 225),
    "yellow": (220, 195, 65),
}
"""What each colour looks like on clothes in daylight, sRGB. Chosen by hand, not learnt."""
_SHADE_SPREAD = 14.0
"""How far a shade may be from the typical one, in CIELAB."""
_PATCH_SIDE, _PATCH_HEIGHT, _PATCH_WIDTH = 5, 0.10, 0.24
"""Samples a side, and the patch around the point as parts of the crop."""

_PERSON_ANSWERS = {
    AttributeGroup(Subject.PERSON, "sleeves", ("short", "long")): 4,
    AttributeGroup(Subject.PERSON, "legs", ("short", "long")): 5,
    AttributeGroup(Subject.PERSON, "hat", ("no", "yes")): 3,
    AttributeGroup(Subject.PERSON, "bag", ("no", "yes")): 1,
    AttributeGroup(Subject.PERSON, "backpack", ("no", "yes")): 2,
}
"""Each question and the place of the second answer's probability among the network's eight."""
_CLOTHES = tuple(AttributeGroup(Subject.PERSON, name, COLOURS) for name in ("upper_colour", "lower_colour"))
_VEHICLE_COLOURS = AttributeGroup(
    Subject.VEHICLE, "colour", ("white", "grey", "yellow", "red", "green", "blue", "black")
)
_VEHICLE_TYPES = AttributeGroup(Subject.VEHICLE, "type", ("car", "bus", "truck", "van"))

ATTRIBUTE_GROUPS = (*_CLOTHES, *_PERSON_ANSWERS, _VEHICLE_COLOURS, _VEHICLE_TYPES)
"""What the served `attributes` says, in the order of its output."""


def appearance_graph(network: Path) -> Any:
    """Give person-reidentification-retail-0287 the shapes of `appearance`.

    Args:
        network: its `.xml`, with the `.bin` beside it.

    Returns:
        An `openvino.Model`: `image` UINT8 [N,3,256,128] RGB → `embedding` FP32 [N,256], unit length.

    Raises:
        UnexpectedGraphError: the file is another network.
        RuntimeError: OpenVINO cannot read it.
    """
    from openvino import opset13 as ops

    source = _read(network, inputs=1, outputs=((-1, APPEARANCE_LENGTH),))
    image = _image(APPEARANCE_HEIGHT, APPEARANCE_WIDTH)
    (raw,) = _fed(source, _bgr(image), APPEARANCE_HEIGHT, APPEARANCE_WIDTH)
    vector = ops.normalize_l2(raw, _ints(1), 1e-12, "max")
    return _model(image, "embedding", vector)


def attributes_graph(person: Path, vehicle: Path) -> Any:
    """Join person-attributes-recognition-crossroad-0230 and vehicle-attributes-recognition-barrier-0039 on one crop.

    Both always run: a crop does not say what it shows, and together they take two milliseconds.

    Args:
        person: the `.xml` of the first, with the `.bin` beside it.
        vehicle: the `.xml` of the second, with the `.bin` beside it.

    Returns:
        An `openvino.Model`: `image` UINT8 [N,3,160,80] RGB → `probabilities` FP32 [N,43], laid out as
        `ATTRIBUTE_GROUPS`; those of a group sum to 1.

    Raises:
        UnexpectedGraphError: a file is another network.
        RuntimeError: OpenVINO cannot read it.
    """
    from openvino import opset13 as ops

    people = _read(person, inputs=1, outputs=((-1, 2, 1, 1), (-1, 2, 1, 1), (-1, 8, 1, 1)))
    vehicles = _read(vehicle, inputs=1, outputs=((-1, 4, 1, 1), (-1, 7, 1, 1)))
    image = _image(CROP_HEIGHT, CROP_WIDTH)
    pixels = _bgr(image)
    lower, upper, answers = _fed(people, pixels, CROP_HEIGHT, CROP_WIDTH)
    flat = ops.reshape(answers, _ints(0, -1), special_zero=True)
    second = ops.gather(flat, _ints(*_PERSON_ANSWERS.values()), _ints(1))
    first = ops.subtract(ops.constant(np.float32(1)), second)
    pairs = ops.concat([ops.unsqueeze(first, _ints(2)), ops.unsqueeze(second, _ints(2))], 2)
    kinds, colours = _fed(vehicles, _square(pixels), VEHICLE_SIDE, VEHICLE_SIDE)
    rows = [ops.reshape(part, _ints(0, -1), special_zero=True) for part in (pairs, colours, kinds)]
    clothes = [_named_colour(pixels, point) for point in (upper, lower)]
    return _model(image, "probabilities", ops.concat([*clothes, *rows], 1))


def _read(network: Path, *, inputs: int, outputs: tuple[tuple[int, ...], ...]) -> Any:
    import openvino as ov

    model = ov.Core().read_model(str(network))
    found = tuple((-1, *(int(size) for size in list(output.shape)[1:])) for output in model.outputs)
    if len(model.inputs) != inputs or found != outputs:
        raise UnexpectedGraphError(f"network {network.stem}", f"outputs {outputs}", f"{found}")
    return model


def _ints(*values: int) -> Any:
    from openvino import opset13 as ops

    return ops.constant(np.array(values, np.int64))


def _image(height: int, width: int) -> Any:
    from openvino import Type
    from openvino import opset13 as ops

    image = ops.parameter([-1, 3, height, width], Type.u8)
    image.set_friendly_name("image")
    image.output(0).set_names({"image"})
    return image


def _bgr(image: Any) -> Any:
    from openvino import opset13 as ops

    return ops.convert(ops.gather(image, _ints(2, 1, 0), _ints(1)), "f32")


def _square(pixels: Any) -> Any:
    """Shrink the crop to the square that the vehicle network takes; pairs of rows are averaged first, not skipped."""
    from openvino import opset13 as ops

    halved = ops.avg_pool(pixels, [2, 1], [0, 0], [0, 0], [2, 1], False)
    return ops.interpolate(halved, _ints(VEHICLE_SIDE, VEHICLE_SIDE), "linear_onnx", "sizes", axes=_ints(2, 3))


def _named_colour(pixels: Any, point: Any) -> Any:
    """Name the colour around a point: BGR pixels [N,3,H,W] and point [N,2,1,1] (x, y, 0-1) to probabilities [N,11]."""
    from openvino import opset13 as ops

    steps = np.linspace(-1, 1, _PATCH_SIDE)
    across, down = np.meshgrid(steps * _PATCH_WIDTH, steps * _PATCH_HEIGHT)
    offsets = np.stack([across, down], -1)[None].astype(np.float32)
    # Sampled at -1 to 1 of the picture, so a distance counts twice, which is a patch of that size around the point.
    centre = ops.subtract(
        ops.multiply(ops.reshape(point, _ints(0, 1, 1, 2), special_zero=True), _floats(2)), _floats(1)
    )
    sampled = ops.grid_sample(
        pixels,
        ops.add(centre, ops.constant(offsets)),
        {"align_corners": False, "mode": "bilinear", "padding_mode": "border"},
    )
    samples = ops.transpose(ops.reshape(sampled, _ints(0, 3, -1), special_zero=True), _ints(0, 2, 1))
    lab = _cielab(samples)
    shades = np.array([_SHADES[name][::-1] for name in COLOURS], np.float32)[None]
    typical = ops.unsqueeze(_cielab(ops.constant(shades)), _ints(1))
    apart = ops.subtract(ops.unsqueeze(lab, _ints(2)), typical)
    squared = ops.reduce_sum(ops.multiply(apart, apart), _ints(3))
    likely = ops.softmax(ops.multiply(squared, _floats(-0.5 / _SHADE_SPREAD**2)), 2)
    return ops.reduce_mean(likely, _ints(1))


def _cielab(bgr: Any) -> Any:
    """Turn BGR of 0-255 in the last dimension into CIELAB (D65; the sRGB curve taken as a power of 2.2)."""
    from openvino import opset13 as ops

    linear = ops.power(ops.divide(bgr, _floats(255)), _floats(2.2))
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], np.float32
    ) / np.array([[0.9505], [1.0], [1.089]], np.float32)
    xyz = ops.matmul(linear, ops.constant(np.ascontiguousarray(to_xyz[:, ::-1].T)), False, False)
    root = ops.power(ops.add(xyz, _floats(1e-4)), _floats(1 / 3))
    to_lab = np.array([[0, 500, 0], [116, -500, 200], [0, 0, -200]], np.float32)
    return ops.subtract(
        ops.matmul(root, ops.constant(to_lab), False, False), ops.constant(np.array([16, 0, 0], np.float32))
    )


def _floats(value: float) -> Any:
    from openvino import opset13 as ops

    return ops.constant(np.float32(value))


def _fed(model: Any, pixels: Any, height: int, width: int) -> list[Any]:
    """Let a network read other nodes instead of its input, for any batch, and give what it wrote to its outputs."""
    model.reshape([-1, 3, height, width])
    model.inputs[0].replace(pixels.output(0))
    return [result.input_value(0) for result in model.get_results()]


def _model(image: Any, output: str, node: Any) -> Any:
    import openvino as ov
    from openvino import opset13 as ops

    node.output(0).set_names({output})
    result = ops.result(node)
    result.set_friendly_name(output)
    return ov.Model([result], [image], output)
