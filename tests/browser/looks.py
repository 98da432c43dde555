"""What every screen of a lesson has to pass: a picture for whoever looks at it, no serious finding of axe, nothing wider than the window."""

from __future__ import annotations

import json
from pathlib import Path

from tests.browser.test_screens import AXE, RUN_AXE
from tests.journeys.people import Somebody

OUT = Path(__file__).parents[1] / "out" / "classroom"


async def looks_right(them: Somebody, name: str) -> None:
    """Takes the picture and asks the rest of the page as it stands now."""
    OUT.mkdir(parents=True, exist_ok=True)
    await them.page.evaluate("document.fonts.ready")
    await them.page.screenshot(path=str(OUT / f"{name}.png"))
    await them.page.evaluate(AXE.read_text())
    findings = await them.page.evaluate(RUN_AXE)
    assert findings == [], f"{name}: " + json.dumps(findings, ensure_ascii=False, indent=1)
    overflow = await them.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0, f"{name} is {overflow} px wider than the window"
