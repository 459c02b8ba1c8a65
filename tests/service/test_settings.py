from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from crawler import load_registry
from service.errors import SettingsError
from service.settings import Settings, masked, read_settings
from service.sourcing import append_outlet, mark_verified
from service.starting import settings_toml, write_configuration


@pytest.fixture(autouse=True)
def _away_from_other_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rasid.toml").write_text('port = 9001\nsmtp_host = "mail.example"\n', encoding="utf-8")
    monkeypatch.setenv("RASID_PORT", "9002")
    settings = read_settings()
    assert (settings.port, settings.smtp_host, settings.host) == (9002, "mail.example", "127.0.0.1")


def test_lists_come_from_the_environment_with_commas_and_from_the_file_as_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rasid.toml").write_text('alert_to = ["a@x.example", "b@x.example"]\n', encoding="utf-8")
    assert read_settings().alert_to == ("a@x.example", "b@x.example")
    monkeypatch.setenv("RASID_ALERT_TO", "c@x.example, c@x.example,d@x.example")
    assert read_settings().alert_to == ("c@x.example", "d@x.example")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("porto = 1", "there is no setting 'porto'"),
        ("port = 70000", "RASID_PORT"),
        ('alert_to = ["not an address"]', "is not a mail address"),
        ('alert_to = ["a@x.example\\r\\nBcc: b@x.example"]', "is not a mail address"),
        ('mail_from = "nobody"', "RASID_MAIL_FROM"),
        ("port = ", "rasid.toml"),
    ],
)
def test_a_faulty_setting_is_named_with_what_is_wrong(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "rasid.toml").write_text(line, encoding="utf-8")
    with pytest.raises(SettingsError, match=said):
        read_settings()


def test_passwords_are_masked_for_people_and_whole_for_our_own_processes() -> None:
    settings = read_settings(database="postgresql+psycopg://rasid:secret@db.example/rasid", smtp_password="secret")
    assert "secret" not in str(masked(settings))
    assert "rasid:***@db.example" in masked(settings)["database"]
    assert settings.environment()["RASID_SMTP_PASSWORD"] == "secret"


def test_what_a_process_is_handed_reads_back_as_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read_settings(alert_to=("a@x.example", "b@x.example"), demo_exit=True, crawl_delay=0.5)
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    assert read_settings() == settings


def test_the_settings_file_that_init_writes_names_every_setting_with_its_default_and_is_valid() -> None:
    text = settings_toml()
    live = "\n".join(line.removeprefix("# ") for line in text.splitlines() if " = " in line)
    values = tomllib.loads(live)
    assert set(values) == {name for name in Settings.model_fields if not name.startswith("demo_")}
    assert Settings(**values) == Settings()


def test_init_writes_both_files_and_never_over_others(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert [path.name for path in write_configuration(folder, force=False)] == ["rasid.toml", "sources.toml"]
    assert len(load_registry(folder / "sources.toml").outlets) >= 25
    (folder / "rasid.toml").write_text("port = 1\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="--force"):
        write_configuration(folder, force=False)
    assert (folder / "rasid.toml").read_text(encoding="utf-8") == "port = 1\n"
    write_configuration(folder, force=True)
    assert "port = 1\n" not in (folder / "rasid.toml").read_text(encoding="utf-8")


REGISTRY = """\
# our outlets
[[outlet]]
id = "agency"
name = "وكالة"  # the big one
url = "https://agency.example/"
verified = false

[[outlet.source]]
id = "agency-feed"
kind = "feed"
url = "https://agency.example/feed"
"""


def test_what_was_seen_to_work_is_marked_in_place_and_the_rest_of_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    path.write_text(REGISTRY, encoding="utf-8")
    assert mark_verified(path, {"agency-feed": True}) == 1
    assert path.read_text(encoding="utf-8") == REGISTRY.replace("verified = false", "verified = true")
    assert mark_verified(path, {}) == 0
    assert mark_verified(path, {"agency-feed": False}) == 1
    assert path.read_text(encoding="utf-8") == REGISTRY


def test_an_outlet_is_appended_only_where_the_registry_stays_valid(tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    path.write_text(REGISTRY, encoding="utf-8")
    append_outlet(path, REGISTRY.replace("agency", "second"))
    assert [outlet.id for outlet in load_registry(path).outlets] == ["agency", "second"]
    before = path.read_text(encoding="utf-8")
    with pytest.raises(Exception, match="agency"):
        append_outlet(path, REGISTRY)
    assert path.read_text(encoding="utf-8") == before
