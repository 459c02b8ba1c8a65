"""`rasid init`: the commented settings file and the registry that a new installation starts from."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from pydantic import SecretStr

from service.errors import SettingsError
from service.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic.fields import FieldInfo

_HEAD = """\
# Settings of Rasid. Every line that is commented out shows the default.
# Each may also be set in the environment, which then wins: smtp_host is RASID_SMTP_HOST.
# `rasid doctor` prints the settings in effect and says what is missing.
"""


def write_configuration(folder: Path, *, force: bool) -> list[Path]:
    """Write `rasid.toml` and `sources.toml` into the folder and return their paths.

    Raises SettingsError where one is there already, unless `force`; nothing is written then.
    """
    from crawler import bundled_registry_text  # noqa: PLC0415 - only here

    texts = {folder / "rasid.toml": settings_toml(), folder / "sources.toml": bundled_registry_text()}
    present = [str(path) for path in texts if path.exists()]
    if present and not force:
        raise SettingsError(f"{' and '.join(present)} exist already: --force writes over them")
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    return list(texts)


def settings_toml() -> str:
    """Return every setting with its description and default, commented out."""
    fields = {name: field for name, field in Settings.model_fields.items() if not name.startswith("demo_")}
    return "\n".join([_HEAD, *(_entry(name, field) for name, field in fields.items())])


def _entry(name: str, field: FieldInfo) -> str:
    comment = textwrap.fill(field.description or "", width=100, initial_indent="# ", subsequent_indent="# ")
    return f"{comment}\n# {name} = {_toml(field.default)}\n"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(inner) for inner in value)}]"
    text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
