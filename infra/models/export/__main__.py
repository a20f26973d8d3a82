"""`python -m infra.models.export ARCHITECTURE CHECKPOINT FOLDER`."""

import argparse
import sys
from pathlib import Path

from infra.models.export import dfine, siglip2

ARCHITECTURES = {"siglip2": siglip2.export, "dfine": dfine.export}


def main() -> None:
    """Export one checkpoint and name the files that were written."""
    parser = argparse.ArgumentParser(prog="python -m infra.models.export", description=__doc__)
    parser.add_argument("architecture", choices=sorted(ARCHITECTURES))
    parser.add_argument("checkpoint", help="a folder in the Transformers layout, or 'random'")
    parser.add_argument("folder", type=Path, help="where the ONNX files are written")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for path in ARCHITECTURES[arguments.architecture](arguments.checkpoint, arguments.folder):
        sys.stdout.write(f"{path} ({path.stat().st_size / 1e6:.1f} MB)\n")


if __name__ == "__main__":
    main()
