"""msgspec structs → the tables of docs/protocol.md, between two marks; the rest is written by hand."""

from __future__ import annotations

from server.cli_protocol_typescript import Family, Wire, doc_of, is_optional, type_text

BEGIN = "<!-- generated: begin -->"
END = "<!-- generated: end -->"
_TITLES = {
    "Connect": "CONNECT on `/lesson`",
    "AnyCommand": "Commands on `/lesson` (event `do`)",
    "AnyPush": "Pushes on `/lesson` (event `push`)",
    "DeskCommand": "Commands on `/desk` (event `do`)",
    "AnyDeskPush": "Pushes on `/desk` (event `push`)",
    "Requests": "REST: what is asked",
    "Bodies": "REST: what is answered",
}


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _family(family: Family, wire: Wire, shown: set[type]) -> list[str]:
    lines = [f"## {_TITLES[family.name]}", ""]
    own = Wire((family,))
    for struct, _ in own.structs():
        if struct.cls in shown:
            continue
        shown.add(struct.cls)
        name = f"`{struct.tag}` ({struct.cls.__name__})" if struct.tag is not None else struct.cls.__name__
        lines += [f"### {name}", "", " ".join(doc_of(struct.cls).split()), ""]
        if not struct.fields:
            continue
        lines += ["| field | type | |", "|---|---|---|"]
        for field in struct.fields:
            note = "may be left out" if is_optional(field, family.direction) else ""
            lines.append(f"| `{field.encode_name}` | {_cell(type_text(field.type))} | {note} |")
        lines.append("")
    return lines


def tables(wire: Wire) -> str:
    shown: set[type] = set()
    lines: list[str] = []
    for family in wire.families:
        lines += _family(family, wire, shown)
    return "\n".join(lines).strip() + "\n"


def with_tables(document: str, generated: str) -> str:
    """The document with the part between the marks replaced; the marks are added at its end when missing."""
    if BEGIN not in document:
        document = f"{document.rstrip()}\n\n{BEGIN}\n{END}\n"
    before, rest = document.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    return f"{before}{BEGIN}\n\n{generated}\n{END}{after}"
