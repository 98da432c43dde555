"""The QR picture that leads from paper to the verification page."""

from __future__ import annotations

import io

import segno


def qr_svg(text: str) -> str:
    """An SVG of the QR code of `text`, with quiet zone, error correction M (15 %: survives a stamp's edge)."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", border=2, xmldecl=False, svgns=True, dark="#000")
    return out.getvalue().decode()
