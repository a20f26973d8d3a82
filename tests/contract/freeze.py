"""Writes the schemas of the contracts anew, keeping their examples: `python -m tests.contract.freeze`.

For an added optional field only. Anything else is a new version beside the old one.
"""

import json

from tests.contract.test_task_contracts import FORMS, FROZEN, schema_of


def freeze() -> None:
    for name, form in FORMS.items():
        path = FROZEN / f"{name}.json"
        examples = json.loads(path.read_text())["examples"] if path.exists() else []
        path.write_text(json.dumps({"schema": schema_of(form), "examples": examples}, indent=2) + "\n")


if __name__ == "__main__":
    freeze()
