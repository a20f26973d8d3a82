"""What a look puts on a body: the colour of every face of legs, arms, trunk and head.

Colours are given by stations along a limb and by places around it; the place 0 is the front.
"""

from __future__ import annotations

import numpy as np

from infra.rendered_site.model import Floats, PersonLook, Rgb

RING = 8
"""Places around a limb."""
ROUND = 12
"""Places around trunk and head."""
TRUNK = 13
"""Faces along the trunk, from the crotch to the neck."""


def _mix(a: Rgb | Floats, b: Rgb | Floats, share: float) -> Floats:
    return (np.array(a, np.float32) * (1 - share) + np.array(b, np.float32) * share).astype(np.float32)


def leg_colours(look: PersonLook) -> Floats:
    """(stations - 1, ring, 3) of one leg: 8 stations hip, thigh ×2, knee, calf ×3, ankle."""
    colours = np.zeros((7, RING, 3), np.float32)
    colours[:] = look.lower.rgb
    bare = {"shorts": 3, "skirt": 2, "dress": 2}.get(look.lower.kind)
    if bare is not None:
        colours[bare:] = look.skin
    if look.upper.kind == "coat":
        colours[:2] = look.upper.rgb
    if look.lower.kind == "jeans":
        colours[1:3, 0] = _mix(look.lower.rgb, (200, 205, 215), 0.18)
    return colours


def arm_colours(look: PersonLook) -> Floats:
    """(stations - 1, ring, 3) of one arm: shoulder, upper arm ×2, elbow, forearm ×2, wrist, hand ×2."""
    colours = np.zeros((8, RING, 3), np.float32)
    colours[:] = look.upper.rgb
    if look.upper.pattern == "striped":
        colours[0:6:2] = look.upper.second
    if look.upper.kind == "t-shirt":
        colours[2:] = look.skin
    colours[6:] = look.skin
    return colours


def torso_colours(look: PersonLook) -> tuple[Floats, Floats]:
    """(13, 12, 3) colours and (13, 12) glow of the trunk; ring angle 0 is the front."""
    colours = np.zeros((TRUNK, ROUND, 3), np.float32)
    glow = np.zeros(colours.shape[:2], np.float32)
    colours[:] = look.upper.rgb
    hem = {"t-shirt": 2, "shirt": 2, "jumper": 2, "jacket": 1, "hoodie": 1, "coat": 0}[look.upper.kind]
    colours[:hem] = look.lower.rgb
    if look.lower.kind == "dress":
        colours[:] = look.upper.rgb
    if look.upper.pattern == "striped":
        colours[hem + 1 :: 2] = look.upper.second
    elif look.upper.pattern == "checked":
        odd = (np.add.outer(np.arange(TRUNK), np.arange(ROUND)) % 2).astype(bool)
        odd[:hem] = False
        colours[odd] = look.upper.second
    elif look.upper.pattern == "open":
        colours[hem:, [0, ROUND - 1]] = look.upper.second
    if look.vest is not None:
        colours[2:11] = look.vest.rgb
        tape = _mix((205, 208, 205), (255, 255, 255), 0.3)
        glow[2:11] = 0.78
        colours[[3, 5]] = tape
        colours[6:11, [1, 10, 4, 7]] = tape
    colours[12:] = look.skin if look.headwear is None or look.headwear.kind != "hood" else look.upper.rgb
    return colours, glow


def head_colours(look: PersonLook) -> Floats:
    """(8, 12, 3): stations from chin to crown, ring angle 0 is the face."""
    colours = np.zeros((8, ROUND, 3), np.float32)
    colours[:] = look.skin
    angle = (np.arange(ROUND) + 0.5) * 2 * np.pi / ROUND
    behind = np.cos(angle) < (0.25 if look.hair_style != "short" else 0.0)
    if look.hair_style != "bald":
        colours[2:, behind] = look.hair
        colours[6:] = look.hair
        colours[5, np.cos(angle) < 0.75] = look.hair
    elif look.hair_style == "bald":
        colours[2:4, np.cos(angle) < -0.3] = _mix(look.skin, look.hair, 0.35)
    colours[4, [1, ROUND - 2]] = _mix(look.skin, (30, 20, 15), 0.55)
    colours[2, [0, ROUND - 1]] = _mix(look.skin, (140, 60, 60), 0.3)
    worn = look.headwear
    if worn is not None:
        colours[5:] = worn.rgb
        if worn.kind in ("beanie", "hood", "helmet"):
            colours[3:, np.cos(angle) < 0.35] = worn.rgb
        if worn.kind == "hood":
            colours[1:, np.cos(angle) < 0.45] = worn.rgb
    return colours
