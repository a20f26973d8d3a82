"""What the report service is told by its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kit.settings import Settings, read_settings

SYSTEM_FONTS = "/usr/share/fonts/truetype"
"""Where Debian and its kin put TrueType fonts."""


@dataclass(frozen=True)
class ReportSettings:
    """The plumbing's settings and the report service's own."""

    plumbing: Settings
    fonts: Path
    """Folder of TrueType fonts that are asked for characters which the bundled font lacks; it need not exist."""


def read_report_settings(environment: Mapping[str, str] = os.environ) -> ReportSettings:
    """Reads SIGHTLINE_* variables. Raises MissingSettingError."""
    return ReportSettings(
        plumbing=read_settings(environment),
        fonts=Path(environment.get("SIGHTLINE_REPORT_FONTS") or SYSTEM_FONTS),
    )
