"""All event types, for decoding by their tag. A type not listed here cannot be written."""

from __future__ import annotations

import inspect
import json
from types import ModuleType
from typing import Any, Union

import msgspec

from server.events import device, lesson, room, sheet
from server.events.base import Event, type_of
from server.events.lift import STEPS, lift


def _types_of(module: ModuleType) -> list[type[Event]]:
    found = [
        value
        for _, value in inspect.getmembers(module, inspect.isclass)
        if issubclass(value, Event) and value is not Event and value.__module__ == module.__name__
    ]
    return sorted(found, key=type_of)


EVENT_TYPES: dict[str, type[Event]] = {
    type_of(kind): kind for module in (lesson, room, device, sheet) for kind in _types_of(module)
}

_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Union[tuple(EVENT_TYPES.values())])  # noqa: UP007


def decode_event(body: bytes | str) -> Event:
    """The event of a canonical JSON body, lifted to its newest version.

    Raises msgspec.ValidationError for an unknown or malformed one, msgspec.DecodeError for what is no JSON.
    """
    event: Event = _decoder.decode(_newest(body) if STEPS else body)
    return event


def _newest(body: bytes | str) -> bytes | str:
    value = msgspec.json.decode(body)
    return json.dumps(lift(value)) if isinstance(value, dict) else body
