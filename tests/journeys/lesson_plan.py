"""The lesson of the journey: short periods and short grace, as a school could set them, so that a whole lesson fits into minutes."""

from __future__ import annotations

import json
from pathlib import Path

GRACE_S = 15
BRIDGE_S = 15

PLAN = {
    "starts_in_s": 60,
    "period_s": 45,
    "periods": 4,
    "break_after": 0,
    "policy": {
        "grace_s": GRACE_S,
        "bridge_s": BRIDGE_S,
        "dead_after_s": 10,
        "late_tol_s": 120,
        "late_max_s": 240,
        "early_tol_s": 240,
        "screenshot_after_start_s": 30,
        "screenshot_before_end_s": 30,
        "early_max_s": 300,
        "roll_calls": 0,
    },
}


def write_plan(folder: Path) -> Path:
    """The plan as the file that the demo school reads (`GD_DEMO_PLAN`)."""
    path = folder / "plan.json"
    path.write_text(json.dumps(PLAN))
    return path
