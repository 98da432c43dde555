"""Time-limited credentials for the school's TURN servers (coturn `use-auth-secret`). Pure; no TURN server is ever assumed."""

from __future__ import annotations

import hmac
import ipaddress
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

#: A credential opens new relays for this long, seconds; relays that are open live on.
LIFETIME_S = 3600
#: Whoever is in a lesson gets a new one after this long.
RENEW_S = 1800


@dataclass(frozen=True, slots=True)
class TurnServers:
    """The servers and the secret shared with them; no urls: none."""

    urls: tuple[str, ...] = ()
    secret: str = ""

    def credential(self, name: str, now_s: int) -> tuple[str, str]:
        """(username, password) for `name`: `expiry:name`, and its HMAC-SHA1 as coturn computes it."""
        username = f"{now_s + LIFETIME_S}:{name}"
        return username, b64encode(hmac.digest(self.secret.encode(), username.encode(), "sha1")).decode()


def turn_ips(urls: Sequence[str]) -> tuple[str, ...]:
    """Addresses that stand literally in the urls: peers there come through a relay."""
    found = []
    for url in urls:
        match = re.match(r"turns?:(?:\[(.+?)\]|([^:?\[]+))", url)
        host = (match[1] or match[2]) if match else ""
        try:
            found.append(str(ipaddress.ip_address(host)))
        except ValueError:
            continue
    return tuple(dict.fromkeys(found))
