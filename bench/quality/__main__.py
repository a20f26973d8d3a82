"""How good a profile's models are, on held-out and rendered footage or on your own.

    python -m bench.quality [--profile tiny] [--folder DIR [--truth FILE]] [--json FILE] [--markdown FILE]

A folder's truth file is of the form in docs/reference/quality-truth.md. No server is needed.
"""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from bench.quality.evaluate import evaluate
from bench.quality.publish import publish_quality, store
from bench.quality.truth import TruthError
from bench.quality.weights import NoSuchProfileError
from infra.models.lock import WeightsMismatchError


def main() -> int:
    """Measures, prints, writes; 2 where the profile or the truth file is not usable."""
    parser = argparse.ArgumentParser(prog="python -m bench.quality", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--profile", default="tiny", help="the profile to measure")
    parser.add_argument("--folder", type=Path, help="your own clips; none: the held-out clips and the rendered site")
    parser.add_argument("--truth", type=Path, help="its truth file; none: truth.json in the folder")
    parser.add_argument("--state", type=Path, default=Path(".sightline"), help="the state folder")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--markdown", type=Path, help="write the table to this file")
    arguments = parser.parse_args()
    errors = Console(stderr=True)
    try:
        done = evaluate(
            arguments.profile,
            arguments.state,
            folder=arguments.folder,
            truth=arguments.truth,
            tell=lambda text: errors.print(f"[dim]{text}[/]", soft_wrap=True),
        )
    except (NoSuchProfileError, TruthError, WeightsMismatchError) as problem:
        errors.print(f"[red]{problem}[/]", soft_wrap=True)
        return 2
    except FileNotFoundError as problem:
        errors.print(f"[red]{problem.filename} is not there[/]", soft_wrap=True)
        return 2
    measurement, target = store(done, arguments.json, folder=arguments.folder)
    publish_quality(done, measurement, target, arguments.markdown)
    return 0


if __name__ == "__main__":
    sys.exit(main())
