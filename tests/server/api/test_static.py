"""The built client as it goes over the line: packed for browsers that take it, kept by them for ever."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.kit.app import running_app

SCRIPT = b"export const words = 'Xin ch\xc3\xa0o c\xe1\xba\xa3 l\xe1\xbb\x9bp';\n" * 100


@pytest.fixture
def client_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Giảng Đường</title>")
    (folder / "assets" / "index-a1b2c3d4.js").write_bytes(SCRIPT)
    (folder / "assets" / "index-a1b2c3d4.js.gz").write_bytes(gzip.compress(SCRIPT))
    return folder


async def test_a_script_comes_packed_to_a_browser_that_takes_it_and_whole_to_one_that_does_not(
    tmp_path: Path, client_dir: Path
) -> None:
    async with running_app(tmp_path / "data", client_dir=client_dir) as school:
        browser = school.stranger()
        packed = await browser.get("/assets/index-a1b2c3d4.js", headers={"Accept-Encoding": "gzip"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert int(packed.headers["Content-Length"]) < len(SCRIPT) / 10
        assert "immutable" in packed.headers["Cache-Control"]
        assert await packed.read() == SCRIPT
        whole = await browser.get("/assets/index-a1b2c3d4.js", headers={"Accept-Encoding": "identity"})
        assert "Content-Encoding" not in whole.headers
        assert await whole.read() == SCRIPT


async def test_every_path_of_the_client_is_its_page_and_never_kept(tmp_path: Path, client_dir: Path) -> None:
    async with running_app(tmp_path / "data", client_dir=client_dir) as school:
        page = await school.stranger().get("/lessons/any/room")
        assert "Giảng Đường" in await page.text()
        assert page.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("rest", ["", "/room"])
async def test_a_lessons_address_gets_the_page_that_asks_for_all_at_once(
    tmp_path: Path, client_dir: Path, rest: str
) -> None:
    (client_dir / "lesson.html").write_text("<!doctype html><title>Vào lớp</title>")
    lesson = "/lessons/00000000-0000-8000-8000-000000000001"
    async with running_app(tmp_path / "data", client_dir=client_dir) as school:
        page = await school.stranger().get(lesson + rest)
        assert "Vào lớp" in await page.text()
        assert page.headers["Cache-Control"] == "no-cache"
        for path in ("/", "/lesson.html", f"{lesson}/sheet"):
            assert "Giảng Đường" in await (await school.stranger().get(path)).text()
