"""The private names of aiortc that the relay stands on. When one of these fails after an update, read media/aiortc_private.py."""

from __future__ import annotations

import inspect
from importlib.metadata import version

from aiortc import rtcdtlstransport
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsTransport

import media


def test_the_version_is_the_one_that_was_read() -> None:
    assert version("aiortc") == "1.16.0"


def test_the_private_names_exist_with_the_meaning_we_know() -> None:
    for name in (
        "_do_handshake",
        "_validate_peer_identity",
        "_setup_srtp",
        "_set_role",
        "_set_state",
        "_write_ssl",
        "_recv_next",
    ):
        assert callable(getattr(RTCDtlsTransport, name)), name
    begin = inspect.getsource(RTCDtlsTransport.__init__)
    assert callable(RTCCertificate._create_ssl_context)
    for name in ("_ssl", "_task", "_state", "_role", "_srtp_profiles", "encrypted"):
        assert f"self.{name}" in begin, name
    start = inspect.getsource(RTCDtlsTransport.start)
    order = [start.index(step) for step in ("_do_handshake", "_validate_peer_identity", "_setup_srtp", "CONNECTED")]
    assert order == sorted(order)


def test_the_path_is_asked_for_nothing_but_what_ours_has() -> None:
    source = inspect.getsource(RTCDtlsTransport)
    used = {
        word.split("(")[0] for word in source.replace("self._transport", "self.transport").split("self.transport.")[1:]
    }
    assert {u.split("\n")[0].strip(",.:) ") for u in used} <= {
        "_recv",
        "_send",
        "role",
        "role ==",
        'role == "controlling"',
    }


def test_profiles_carry_the_lengths_of_their_rfcs() -> None:
    shapes = {p.openssl_profile: (p.key_length, p.salt_length) for p in rtcdtlstransport.SRTP_PROFILES}
    assert shapes == {
        b"SRTP_AEAD_AES_256_GCM": (32, 12),
        b"SRTP_AEAD_AES_128_GCM": (16, 12),
        b"SRTP_AES128_CM_SHA1_80": (16, 14),
    }


def test_no_other_file_of_the_relay_reaches_into_aiortc() -> None:
    (root,) = media.__path__
    import pathlib

    for path in pathlib.Path(root).glob("*.py"):
        if path.name != "aiortc_private.py":
            assert "rtcdtlstransport" not in path.read_text(encoding="utf-8"), path.name
