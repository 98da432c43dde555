"""The generated wire types are fresh and say what msgspec really does."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import jsonschema
import msgspec
import pytest

from server import cli_protocol
from server.room.commands import AnyCommand, PostChat
from server.room.pushes import AnyPush


def test_generated_files_match_the_structs() -> None:
    assert cli_protocol.stale() == [], "run: giangduong protocol --write"


def test_check_names_a_file_that_was_edited_by_hand(tmp_path: Path) -> None:
    cli_protocol.write(tmp_path)
    assert cli_protocol.stale(tmp_path) == []
    edited = tmp_path / cli_protocol.TYPESCRIPT
    edited.write_text(edited.read_text(encoding="utf-8") + "// mine\n", encoding="utf-8")
    assert cli_protocol.stale(tmp_path) == [edited]


def test_sentences_around_the_tables_survive_a_new_generation(tmp_path: Path) -> None:
    document = tmp_path / cli_protocol.MARKDOWN
    document.parent.mkdir(parents=True)
    document.write_text("# Mine\n\nBefore.\n", encoding="utf-8")
    cli_protocol.write(tmp_path)
    cli_protocol.write(tmp_path)
    text = document.read_text(encoding="utf-8")
    assert text.startswith("# Mine\n\nBefore.\n")
    assert text.count("### `post_chat`") == 1


def test_every_command_and_push_is_in_the_schema_and_the_typescript() -> None:
    schema = json.loads((cli_protocol.ROOT / cli_protocol.SCHEMA).read_text(encoding="utf-8"))
    text = (cli_protocol.ROOT / cli_protocol.TYPESCRIPT).read_text(encoding="utf-8")
    for kind in (*AnyCommand.__args__, *AnyPush.__args__):
        assert kind.__name__ in schema["$defs"]
        assert f"export interface {kind.__name__} {{" in text
        assert f't: "{kind.__struct_config__.tag}";' in text


def test_schema_refuses_what_the_decoder_refuses() -> None:
    schema = json.loads((cli_protocol.ROOT / cli_protocol.SCHEMA).read_text(encoding="utf-8"))
    chat = {**schema, "$ref": "#/$defs/PostChat"}
    good = json.loads(msgspec.json.encode(PostChat(message="m", text="Chào lớp")))
    jsonschema.validate(good, chat)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**good, "text": ""}, chat)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**good, "text": "a" * 4_001}, chat)


def test_typescript_is_accepted_by_the_strict_compiler(tmp_path: Path) -> None:
    tsc = cli_protocol.ROOT / "static_client/node_modules/.bin/tsc"
    if not tsc.exists() or shutil.which("node") is None:
        pytest.skip("the client's compiler is not installed")
    source = tmp_path / "wire.ts"
    shutil.copy(cli_protocol.ROOT / cli_protocol.TYPESCRIPT, source)
    command = [str(tsc), "--strict", "--noEmit", "--target", "es2022", "--ignoreConfig", str(source)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
