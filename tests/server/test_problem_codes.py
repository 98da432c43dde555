"""Every Problem that the server can raise has a sentence in both languages: no reader ever sees a bare code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import server.errors
from server.errors import Problem

ROOT = Path(__file__).parents[2]
BASES = {name for name, kind in vars(server.errors).items() if isinstance(kind, type) and issubclass(kind, Problem)}


def _trees() -> list[tuple[Path, ast.Module]]:
    files = [*ROOT.glob("server/**/*.py"), *ROOT.glob("media/*.py"), *ROOT.glob("recorder/*.py")]
    return [(file, ast.parse(file.read_text(encoding="utf-8"))) for file in files]


def _subclasses(trees: list[tuple[Path, ast.Module]]) -> set[str]:
    """Names of Problems, with those that a module derives for itself."""
    names = set(BASES)
    for _, tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and any(isinstance(b, ast.Name) and b.id in names for b in node.bases):
                names.add(node.name)
    return names


def _codes() -> Iterator[str]:
    trees = _trees()
    names = _subclasses(trees)
    for _, tree in trees:
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names):
                continue
            for value in ast.walk(node.args[0]) if node.args else ():
                if isinstance(value, ast.Constant) and isinstance(value.value, str) and "." in value.value:
                    yield value.value


CODES = sorted(set(_codes()))


def test_codes_are_found_at_all() -> None:
    assert {"auth.bad_credentials", "lesson.not_found", "request.compressed", "ticket.expired"} <= set(CODES)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_code_has_a_sentence(language: str) -> None:
    folder = ROOT / "static_client" / "src" / "locales" / language
    words = "".join(file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.ts")))
    known = set(re.findall(r'"problem\.([a-z_]+\.[a-z0-9_]+)"', words))
    from_edges = {"request.wrong_method", "request.refused", "server.fault"}
    assert sorted((set(CODES) | from_edges) - known) == []
