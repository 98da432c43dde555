"""The school's Ed25519 key: made once, kept in `{data}/keys`, readable by the server's user alone. Signs seals and bundles."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

log = structlog.get_logger("ledger")

RAW_KEY_BYTES = 32
#: SubjectPublicKeyInfo of an Ed25519 key up to the key itself, and the length of all in base64.
_SPKI = bytes.fromhex("302a300506032b6570032100")
_PEM_LINE = 60
KEY_FILE = "school-ed25519.pem"


class PublicKey:
    """Checks what the school's key has signed."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key
        raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        #: SHA-256 of the 32 raw bytes, 32 hex digits of it: what a school publishes and an inspector compares.
        self.key_id = hashlib.sha256(raw).hexdigest()[:32]

    @classmethod
    def from_pem(cls, pem: bytes) -> PublicKey:
        """Raises ValueError when this is no Ed25519 public key in PEM form exactly as `pem()` writes it.

        Read by hand: the form is fixed (RFC 8410 §4), and a library that knows every key there is would be a large door for a small guest.
        """
        lines = pem.split(b"\n")
        if len(lines) != 4 or len(lines[1]) != _PEM_LINE:
            raise ValueError("no Ed25519 public key in PEM form")
        der = base64.b64decode(lines[1], validate=True)
        if len(der) != len(_SPKI) + RAW_KEY_BYTES or not der.startswith(_SPKI):
            raise ValueError("not an Ed25519 key")
        found = cls(Ed25519PublicKey.from_public_bytes(der[len(_SPKI) :]))
        if found.pem() != pem:
            raise ValueError("not the plain PEM form")
        return found

    def pem(self) -> bytes:
        return self._key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def has_signed(self, message: bytes, signature: str) -> bool:
        """Whether `signature` (128 lower-case hex digits) is this key's over `message`."""
        try:
            raw = bytes.fromhex(signature)
            if raw.hex() != signature:
                return False
            self._key.verify(raw, message)
        except (ValueError, InvalidSignature):
            return False
        return True


class SchoolKey:
    """The private key. `created` tells whether it was made by this start, so that its id can be announced."""

    def __init__(self, key: Ed25519PrivateKey, created: bool = False) -> None:
        self._key = key
        self.created = created
        self.public = PublicKey(key.public_key())

    @property
    def key_id(self) -> str:
        return self.public.key_id

    def sign(self, message: bytes) -> str:
        """The signature in hex. Ed25519 is deterministic: the same message gives the same signature."""
        return self._key.sign(message).hex()

    @classmethod
    def generate(cls) -> SchoolKey:
        return cls(Ed25519PrivateKey.generate(), created=True)

    @classmethod
    def load_or_create(cls, folder: Path) -> SchoolKey:
        """The key in `folder`, made (mode 0600) when there is none. Raises ValueError for a file that is no such key."""
        path = folder / KEY_FILE
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = cls.generate()
        try:
            made._write(path)
        except FileExistsError:
            return cls._load(path)
        log.warning("a new school key was made: publish its id", key_id=made.key_id)
        return made

    @classmethod
    def _load(cls, path: Path) -> SchoolKey:
        key = load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError(f"{path.name} holds no Ed25519 key")
        return cls(key)

    def _write(self, path: Path) -> None:
        """Complete or not at all: written beside, synced, then linked to its name, which must be free."""
        pem = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        if path.exists():
            raise FileExistsError(path)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(pem)
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, path)
        finally:
            draft.unlink()
