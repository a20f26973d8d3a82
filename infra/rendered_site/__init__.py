"""A rendered site: fixed cameras, people and vehicles that pass from one to the next, ground truth beside the footage.

Owns the making of footage and training pictures that need no recording of anybody. Consumes a seed. Emits H.264 files,
`truth.json`, and single labelled pictures. Footage says in the picture and in the truth file that it is rendered.
"""

from infra.rendered_site.film import NoEncoderError, render_camera, render_site
from infra.rendered_site.model import COLOURS, VEHICLE_KINDS, Actor, Box, Klass, PersonLook, VehicleLook, Worn
from infra.rendered_site.plan import Camera, Site, TooManyCamerasError, plan_site
from infra.rendered_site.routes import Leg, Route
from infra.rendered_site.samples import Crop, Frame, sample_actor, sample_crop, sample_frame
from infra.rendered_site.truth import SiteTruth, read_truth

__all__ = [
    "COLOURS",
    "VEHICLE_KINDS",
    "Actor",
    "Box",
    "Camera",
    "Crop",
    "Frame",
    "Klass",
    "Leg",
    "NoEncoderError",
    "PersonLook",
    "Route",
    "Site",
    "SiteTruth",
    "TooManyCamerasError",
    "VehicleLook",
    "Worn",
    "plan_site",
    "read_truth",
    "render_camera",
    "render_site",
    "sample_actor",
    "sample_crop",
    "sample_frame",
]
