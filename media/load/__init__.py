"""Puts load on a relay: synthetic peers that join by WHIP and WHEP, and what they measured. The packets are `media._core.LoadEngine`'s.

Not here: which server is measured and what is held against it (`server.cli_load`, `tests.load`).
"""
