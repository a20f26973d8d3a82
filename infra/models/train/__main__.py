"""`python -m infra.models.train`: train the `tiny` networks, export them, measure them."""

import argparse
import logging
import os
from dataclasses import replace
from pathlib import Path

import torch

from infra.models.profiles import REPOSITORY
from infra.models.train.plan import Plan

NETWORKS = ("detect", "embed_image", "appearance", "attributes", "redaction")


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(prog="python -m infra.models.train", description=__doc__)
    parser.add_argument("--only", action="append", choices=NETWORKS, help="train this network alone; may be repeated")
    parser.add_argument("--smoke", action="store_true", help="a few steps of everything, in minutes; not for use")
    default_shared = os.environ.get("SIGHTLINE_SHARED") or REPOSITORY.parents[1] / "shared"
    parser.add_argument("--shared", type=Path, default=Path(default_shared), help="folder with footage, stills, models")
    parser.add_argument("--cache", type=Path, default=Path(".sightline/training"), help="where renderings are kept")
    parser.add_argument("--target", type=Path, default=REPOSITORY, help="the model repository to write to")
    parser.add_argument("--seed", type=int, default=Plan.seed)
    parser.add_argument("--threads", type=int, default=0, help="threads to use; 0: all")
    parser.add_argument("--detector-steps", type=int, nargs="+", help="steps of the detector, by round")
    for network in ("image", "appearance", "attributes"):
        parser.add_argument(f"--{network}-steps", type=int, help=f"steps of the {network} network")
    parser.add_argument("--redaction-steps", type=int, help="steps of the network behind faces and plates")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    plan = Plan(arguments.shared, arguments.cache, arguments.target, arguments.seed)
    if arguments.smoke:
        plan = plan.smoke()
    if arguments.detector_steps:
        plan = replace(plan, detector_steps=tuple(arguments.detector_steps))
    plan = replace(
        plan,
        image_steps=arguments.image_steps or plan.image_steps,
        appearance_steps=arguments.appearance_steps or plan.appearance_steps,
        attributes_steps=arguments.attributes_steps or plan.attributes_steps,
        redaction_steps=arguments.redaction_steps or plan.redaction_steps,
    )
    wanted = arguments.only or NETWORKS
    if "detect" in wanted:
        from infra.models.train import train_detector

        train_detector.train(plan)
    if "embed_image" in wanted:
        from infra.models.train import train_image

        train_image.train(plan)
    if "appearance" in wanted:
        from infra.models.train import train_appearance

        train_appearance.train(plan)
    if "attributes" in wanted:
        from infra.models.train import train_attributes

        train_attributes.train(plan)
    if "redaction" in wanted:
        from infra.models.train import train_redaction

        train_redaction.train(plan)


if __name__ == "__main__":
    main()
