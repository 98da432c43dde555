"""What a school can set, and the only place that reads the settings file and the environment.

Defaults < one TOML file < environment `GD_…` < flags. Every field carries a sentence; the sentences are the manual
(`giangduong config`). Values that the school decides by its own rules (minutes, thresholds) are policy, not settings: school/policy.py.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ENV_PREFIX = "GD_"
CONFIG_FILE = "giangduong.toml"
#: Secrets that stand in examples and manuals: never good enough to run a school on.
KNOWN_SECRETS = frozenset({"secret", "changeme", "change-me", "giangduong", "password", "default"})
SHORTEST_SECRET = 32
#: Environment of the supervised server: one random text per start of `giangduong serve`, the same over restarts of its child.
START_KEY = "GIANGDUONG_START_KEY"
#: More media threads than this have no port range in the container's files.
MOST_SHARDS = 16
LAST_PORT = 65535
#: At most so many are opened where media_shards is 0.
USUAL_SHARDS = 4
LOG_LEVELS = ("debug", "info", "warning", "error")


class SettingsError(Exception):
    """A setting cannot be used; the message says which one and what to write instead."""


def _setting(default: Any, sentence: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"sentence": sentence, "secret": secret})


@dataclass(frozen=True)
class Settings:
    """All settings, complete and checked. `origins` tells where each value came from."""

    host: str = _setting("127.0.0.1", "Address on which the web server listens.")
    port: int = _setting(8080, "TCP port of the web server; 0 takes a free one.")
    data_dir: Path = _setting(Path("data"), "Folder of the database, keys, recordings, evidence and sheets.")
    database_url: str = _setting(
        "", "postgresql://… for a shared database; empty: an SQLite file in data_dir.", secret=True
    )
    redis_url: str = _setting("", "redis://… to run several nodes; empty: one node.", secret=True)
    udp_port: int = _setting(
        40000, "First UDP port of the media (and ICE-TCP on the same number), one per media thread; 0 takes free ones."
    )
    media_shards: int = _setting(
        0, "Media threads, each with a port of its own from udp_port on; 0: one per core, at most 4."
    )
    max_peers: int = _setting(
        400, "People and devices with sound and picture on this server at once; more are refused."
    )
    announced_ips: tuple[str, ...] = _setting(
        (), "Addresses under which browsers reach the media port; empty: `host`, or this machine's own address."
    )
    media_tcp: bool = _setting(
        True, "Take media over TCP too (ICE-TCP on the number of udp_port), for networks that let no UDP through."
    )
    announced_tcp_port: int = _setting(
        0,
        "First of as many TCP ports as media_shards that browsers are told for media, when forwardings lead from them to udp_port and those after it; "
        "0: udp_port itself.",
    )
    turn_urls: tuple[str, ...] = _setting(
        (),
        "TURN servers of the school, as turn:host:port?transport=udp, …?transport=tcp or turns:host:443; none by default.",
    )
    turn_secret: str = _setting(
        "", "The secret that the TURN servers share with this server (coturn: static-auth-secret).", secret=True
    )
    public_url: str = _setting("", "Address of the school's site as people type it; empty: http://host:port.")
    production: bool = _setting(False, "Real school: refuses unsafe settings and sends cookies over HTTPS only.")
    demo: bool = _setting(False, "Fills an empty database with a demonstration school; on a loopback address only.")
    recording: bool = _setting(True, "Record lessons.")
    signing_secret: str = _setting(
        "", "Key of session tokens and room tickets, 32 characters or more; empty: made once, in data_dir/keys.",
        secret=True,
    )  # fmt: skip
    client_dir: Path = _setting(Path(__file__).parent / "web", "Folder of the built browser client.")
    behind_proxy: bool = _setting(
        False, "The browser's address is the last one in X-Forwarded-For (a proxy of the school stands in front)."
    )
    demo_plan: str = _setting(
        "", "JSON file that changes the demonstration's lesson (demo mode only); see services/demo_plan.py."
    )
    max_devices: int = _setting(
        12, "Devices (WHIP encoders and WHEP screens) that one lesson may have at once; see docs/whip.md."
    )
    metrics_port: int = _setting(
        -1, "TCP port of /metrics on the loopback address; 0 takes a free one, -1 turns it off."
    )
    log_level: str = _setting("info", "Least severe log line that is written: debug, info, warning or error.")
    origins: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def base_url(self) -> str:
        """Public address without a trailing slash."""
        return (self.public_url or f"http://{_in_url(self.host)}:{self.port}").rstrip("/")

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the database, with the asynchronous driver."""
        if not self.database_url:
            return f"sqlite+aiosqlite:///{self.data_dir.resolve() / 'giangduong.sqlite3'}"
        scheme, _, rest = self.database_url.partition("://")
        drivers = {"postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}
        return f"{drivers.get(scheme, scheme)}://{rest}"

    @property
    def secure_cookies(self) -> bool:
        return self.production or self.base_url.startswith("https://")

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def start_key(environment: Mapping[str, str] | None = None) -> str:
    """The supervisor's start key, or empty when nobody supervises."""
    return (os.environ if environment is None else environment).get(START_KEY, "")


def setting_fields() -> tuple[Field[Any], ...]:
    """The fields that can be set, in the order of the manual."""
    return tuple(f for f in fields(Settings) if "sentence" in f.metadata)


def load(
    flags: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> Settings:
    """Settings from all sources. Raises SettingsError with a sentence that names the setting and its source."""
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for origin, source in (_file(file, environment), _environment(environment), ("flag", dict(flags or {}))):
        for name, raw in source.items():
            values[name] = _convert(_known(name, origin), raw, origin)
            origins[name] = origin
    return checked(replace(Settings(), **values, origins=origins))


def _check_announced_tcp(settings: Settings) -> None:
    """Each media thread has a port of its own, so how many are forwarded has to be said."""
    if not settings.media_shards:
        raise SettingsError(
            "announced_tcp_port: stands for one forwarded port per media thread; set media_shards to their number (1 when one port is forwarded)"
        )
    if settings.announced_tcp_port + settings.media_shards > LAST_PORT + 1:
        raise SettingsError(
            f"announced_tcp_port: {settings.media_shards} ports from {settings.announced_tcp_port} on end above {LAST_PORT}"
        )


def checked(settings: Settings) -> Settings:
    """The same settings, if they can be used together."""
    if settings.log_level not in LOG_LEVELS:
        raise SettingsError(f"log_level: {settings.log_level!r} is not one of {', '.join(LOG_LEVELS)}")
    for name in ("port", "udp_port", "announced_tcp_port"):
        if not 0 <= getattr(settings, name) <= LAST_PORT:
            raise SettingsError(f"{name}: {getattr(settings, name)} is not a port (0 to 65535)")
    if not 0 <= settings.media_shards <= MOST_SHARDS:
        raise SettingsError(f"media_shards: {settings.media_shards} is not 0 to {MOST_SHARDS}")
    ports = settings.media_shards or USUAL_SHARDS
    if settings.udp_port + ports > LAST_PORT + 1:
        raise SettingsError(f"udp_port: {ports} ports from {settings.udp_port} on end above {LAST_PORT}")
    if settings.announced_tcp_port:
        _check_announced_tcp(settings)
    if settings.max_peers < 1:
        raise SettingsError(f"max_peers: {settings.max_peers} lets nobody in")
    if settings.demo and not settings.is_loopback:
        raise SettingsError(
            f"demo: everyone can sign in to the demonstration school, so host must be 127.0.0.1, not {settings.host}"
        )
    if settings.signing_secret and len(settings.signing_secret) < SHORTEST_SECRET:
        raise SettingsError(
            f"signing_secret: needs {SHORTEST_SECRET} characters or more; leave it empty to have one made"
        )
    if bool(settings.turn_urls) != bool(settings.turn_secret):
        raise SettingsError("turn_urls and turn_secret: set both, or neither")
    if settings.production:
        _check_production(settings)
    return settings


def _check_production(settings: Settings) -> None:
    if settings.demo:
        raise SettingsError("production: a real school does not run with demo = true")
    if _is_default_secret(settings.signing_secret):
        raise SettingsError("signing_secret: this value stands in manuals; leave it empty to have one made")
    password = urlsplit(settings.database_url).password
    if password is not None and password.lower() in KNOWN_SECRETS:
        raise SettingsError("database_url: the database has a default password; give it one of its own")
    if _is_default_secret(settings.turn_secret):
        raise SettingsError("turn_secret: this value stands in manuals; make one with `openssl rand -hex 32`")
    if not settings.public_url.startswith("https://"):
        raise SettingsError(
            "public_url: must begin with https:// in production, because browsers give camera and microphone to such sites only"
        )


def _is_default_secret(secret: str) -> bool:
    """Whether a secret is a known word, or such a word or a character repeated to make it long."""
    if not secret:
        return False
    plain = secret.lower()
    return len(set(plain)) < 8 or any(plain.replace(word, "").strip("0123456789-_") == "" for word in KNOWN_SECRETS)


def _file(file: Path | None, environment: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    named = file or (Path(environment["GD_CONFIG"]) if "GD_CONFIG" in environment else None)
    path = named or Path(CONFIG_FILE)
    if not path.exists():
        if named:
            raise SettingsError(f"{path}: no such settings file")
        return str(path), {}
    try:
        return str(path), tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not a TOML file: {error}") from error


def _environment(environment: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    skipped = {"GD_CONFIG", "GD_DEV_SERVER"}
    found = {n: v for n, v in environment.items() if n.startswith(ENV_PREFIX) and n not in skipped}
    return "environment", {name.removeprefix(ENV_PREFIX).lower(): value for name, value in found.items()}


def _known(name: str, origin: str) -> Field[Any]:
    known = {f.name: f for f in setting_fields()}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]}?" if near else f"; known settings: {', '.join(known)}"
    raise SettingsError(f"{origin}: there is no setting {name!r}{hint}")


def _convert(setting: Field[Any], raw: Any, origin: str) -> Any:
    kind = str(setting.type)
    try:
        if kind == "bool":
            return _bool(raw)
        if kind == "int":
            if isinstance(raw, bool):
                raise ValueError("not a number")
            return int(raw)
        if kind == "Path":
            return Path(raw)
        if kind.startswith("tuple"):
            items = [item.strip() for item in (raw.split(",") if isinstance(raw, str) else raw)]
            read = _turn_url if setting.name == "turn_urls" else _ip
            return tuple(read(item) for item in items if item)
        if not isinstance(raw, str):
            raise ValueError("not a text")
    except (TypeError, ValueError, AttributeError) as error:
        raise SettingsError(f"{origin}: {setting.name}: {raw!r} cannot be used: {error}") from error
    return raw


def _ip(text: str) -> str:
    return str(ipaddress.ip_address(text))


def _turn_url(text: str) -> str:
    """RFC 7065: a TURN server's name or address, its port, how it is reached."""
    if not re.fullmatch(r"turns?:(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?(\?transport=(udp|tcp))?", text):
        raise ValueError("write turn:name:port?transport=udp, the same with tcp, or turns:name:port")
    return text


def _bool(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if str(raw).lower() not in words:
        raise ValueError("write true or false")
    return words[str(raw).lower()]


def described(settings: Settings) -> list[tuple[str, str, str, str]]:
    """(name, value with secrets hidden, origin, sentence) of every setting: what `giangduong config` prints."""
    rows = []
    for f in setting_fields():
        value = getattr(settings, f.name)
        shown = (
            ", ".join(value)
            if isinstance(value, tuple)
            else str(value).lower()
            if isinstance(value, bool)
            else str(value)
        )
        if f.metadata["secret"] and value:
            shown = "(hidden)"
        rows.append((f.name, shown, settings.origins.get(f.name, "default"), f.metadata["sentence"]))
    return rows
