"""Settings: where a value comes from, what is refused, what is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.settings import Settings, SettingsError, described, load, setting_fields

STRONG = "Zx8-q2Lw9_vB4nM7tR1yK6pS3dF5gH0j"
PRODUCTION = {"GD_PRODUCTION": "true", "GD_PUBLIC_URL": "https://lop.truong.example"}


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_later_source_wins_and_its_origin_is_known(tmp_path: Path) -> None:
    file = tmp_path / "school.toml"
    file.write_text('port = 1001\nhost = "127.0.0.2"\nlog_level = "debug"\n')
    settings = load({"port": "1003"}, {"GD_PORT": "1002", "GD_HOST": "127.0.0.3"}, file)
    assert (settings.port, settings.host, settings.log_level) == (1003, "127.0.0.3", "debug")
    assert settings.origins == {"port": "flag", "host": "environment", "log_level": str(file)}


def test_file_in_the_working_folder_is_read_by_itself() -> None:
    Path("giangduong.toml").write_text("port = 1001\n")
    assert load({}, {}).port == 1001


def test_a_forwarded_tcp_port_needs_the_number_of_media_threads() -> None:
    with pytest.raises(SettingsError, match="media_shards"):
        load({}, {"GD_ANNOUNCED_TCP_PORT": "443"})
    assert load({}, {"GD_ANNOUNCED_TCP_PORT": "443", "GD_MEDIA_SHARDS": "1"}).announced_tcp_port == 443
    with pytest.raises(SettingsError, match="end above"):
        load({}, {"GD_ANNOUNCED_TCP_PORT": "65534", "GD_MEDIA_SHARDS": "4"})


def test_a_school_without_turn_leaves_its_variables_empty() -> None:
    settings = load({}, {"GD_TURN_URLS": "", "GD_TURN_SECRET": ""})
    assert (settings.turn_urls, settings.turn_secret) == ((), "")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("GD_PROT", "did you mean port"), ("GD_DATABASE", "did you mean database_url"), ("GD_ZZZ", "known settings")],
)
def test_unknown_setting_names_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(SettingsError, match=hint):
        load({}, {name: "1"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GD_PORT", "many"),
        ("GD_PORT", "70000"),
        ("GD_RECORDING", "perhaps"),
        ("GD_ANNOUNCED_IPS", "192.0.2.1,not-an-address"),
        ("GD_LOG_LEVEL", "loud"),
        ("GD_SIGNING_SECRET", "short"),
    ],
)
def test_unusable_value_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name.removeprefix("GD_").lower()):
        load({}, {name: value})


def test_broken_or_missing_file_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "x.toml"
    broken.write_text("port = = 1")
    with pytest.raises(SettingsError, match="not a TOML file"):
        load({}, {}, broken)
    with pytest.raises(SettingsError, match="no such settings file"):
        load({}, {"GD_CONFIG": str(tmp_path / "none.toml")})


@pytest.mark.parametrize(
    ("environment", "what"),
    [
        ({"GD_PUBLIC_URL": "http://lop.truong.example"}, "public_url"),
        ({"GD_PUBLIC_URL": ""}, "public_url"),
        ({"GD_DEMO": "true"}, "production"),
        ({"GD_SIGNING_SECRET": "changemechangemechangemechangeme"}, "signing_secret"),
        ({"GD_SIGNING_SECRET": "secret" * 8}, "signing_secret"),
        ({"GD_SIGNING_SECRET": "a" * 64}, "signing_secret"),
        ({"GD_DATABASE_URL": "postgresql://gd:password@db/gd"}, "database_url"),
    ],
)
def test_production_refuses_what_is_unsafe(environment: dict[str, str], what: str) -> None:
    with pytest.raises(SettingsError, match=what):
        load({}, PRODUCTION | environment)


def test_production_starts_with_safe_values() -> None:
    settings = load({}, PRODUCTION | {"GD_SIGNING_SECRET": STRONG, "GD_DATABASE_URL": "postgresql://gd:x9!k@db/gd"})
    assert settings.secure_cookies
    assert load({}, PRODUCTION).signing_secret == ""


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "lop.truong.example"])
def test_demonstration_is_served_on_the_loopback_only(host: str) -> None:
    with pytest.raises(SettingsError, match="demo"):
        load({}, {"GD_DEMO": "true", "GD_HOST": host})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_demonstration_may_be_served_here(host: str) -> None:
    assert load({}, {"GD_DEMO": "true", "GD_HOST": host}).demo


def test_secrets_are_hidden_where_settings_are_shown() -> None:
    settings = load({}, {"GD_SIGNING_SECRET": STRONG, "GD_DATABASE_URL": "postgresql://gd:x9!k@db/gd"})
    shown = str(described(settings))
    assert STRONG not in shown
    assert "x9!k" not in shown
    assert shown.count("(hidden)") == 2


def test_every_setting_has_a_sentence() -> None:
    for field in setting_fields():
        assert field.metadata["sentence"].endswith("."), field.name


def test_database_is_a_file_in_the_data_folder_unless_named(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path).database == f"sqlite+aiosqlite:///{tmp_path}/giangduong.sqlite3"
    assert Settings(database_url="postgresql://a@b/c").database == "postgresql+asyncpg://a@b/c"
