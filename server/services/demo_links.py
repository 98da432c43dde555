"""The demonstration's sign-in links: one random key per person and start, told on the terminal only."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path

from server.errors import NotFound
from server.ids import PersonId

#: Where the links are written for scripts on this machine, readable by the server's user alone.
LINKS_FILE = "demo-links.json"
#: What is printed; the file holds all.
PRINTED = {
    "lecturer": "Giảng viên",
    "student1": "Học viên 1",
    "student2": "Học viên 2",
    "class_manager": "Chủ nhiệm lớp",
    "training_office": "Phòng QLĐT",
}


class DemoLinks:
    """Keys by role word (`lecturer`, `student1` …). The same start key gives the same links, so a restarted server keeps them."""

    def __init__(self, start_key: str) -> None:
        self._start_key = (start_key or secrets.token_urlsafe(24)).encode()
        self._people: dict[str, PersonId] = {}
        self._keys: dict[str, str] = {}

    def set_people(self, people: dict[str, PersonId]) -> None:
        self._people = people
        self._keys = {self._key(who): who for who in people}

    def person_of(self, key: str) -> PersonId:
        """Raises NotFound: a wrong key looks like a wrong path."""
        who = self._keys.get(key)
        if who is None:
            raise NotFound("request.no_such_path")
        return self._people[who]

    def urls(self, port: int) -> dict[str, str]:
        return {who: f"http://localhost:{port}/api/v1/demo/{self._key(who)}" for who in self._people}

    def page(self, port: int) -> str:
        """What the terminal shows."""
        urls = self.urls(port)
        lines = [f"  {label:<14} {urls[who]}" for who, label in PRINTED.items() if who in urls]
        return "\n".join(
            ["", "Trường minh họa – mở một đường dẫn để đăng nhập / open a link to sign in:", *lines, "", ""]
        )

    def write(self, data_dir: Path, port: int) -> None:
        """The links as JSON in the data folder, mode 0600."""
        path = data_dir / LINKS_FILE
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(self.urls(port), file, ensure_ascii=False, indent=1)
        fresh.replace(path)

    def _key(self, who: str) -> str:
        return hmac.new(self._start_key, who.encode(), hashlib.sha256).hexdigest()[:32]
