"""A rendered site: several fixed cameras, people and vehicles that pass from one to the next, ground truth beside the footage.

Owns the making of footage and training pictures that need no recording of anybody. Consumes a seed. Emits H.264 files,
`truth.json`, and single labelled pictures. Everything in it is rendered and says so in the picture and in the truth file.
"""

from infra.rendered_site.model import COLOURS, VEHICLE_KINDS, Actor, Box, Klass, PersonLook, VehicleLook, Worn
from infra.rendered_site.samples import Crop, Frame, sample_actor, sample_crop, sample_frame

__all__ = [
    "COLOURS",
    "VEHICLE_KINDS",
    "Actor",
    "Box",
    "Crop",
    "Frame",
    "Klass",
    "PersonLook",
    "VehicleLook",
    "Worn",
    "sample_actor",
    "sample_crop",
    "sample_frame",
]
