"""Health of the process in this container, for Docker: exit code 0 or 1. Standard library only, over in a moment.

gateway: `/v1/health/live` answers. Workers: the heartbeat file, which the worker touches every few seconds while it is
connected to the broker and its loop turns, is fresh.
"""

import os
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path

STALE_SECONDS = 30


def gateway_answers() -> str:
    """What is wrong with the gateway, or nothing."""
    connection = HTTPConnection("127.0.0.1", 8000, timeout=4)
    try:
        connection.request("GET", "/v1/health/live")
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        return f"no answer: {error}"
    finally:
        connection.close()
    return "" if status < 500 else f"/v1/health/live answers {status}"


def worker_beats() -> str:
    """What is wrong with the worker, or nothing."""
    path = Path(os.environ["SIGHTLINE_HEARTBEAT_FILE"])
    try:
        age = time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return "no heartbeat yet"
    return "" if age < STALE_SECONDS else f"the last heartbeat is {age:.0f} s old"


def main() -> int:
    """Says what is wrong on standard error."""
    wrong = gateway_answers() if os.environ["SIGHTLINE_SERVICE"] == "gateway" else worker_beats()
    if wrong:
        sys.stderr.write(f"{wrong}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
