"""The settings: environment `RASID_*`, then `rasid.toml`, then the defaults here."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from service.errors import SettingsError


class Settings(BaseSettings):
    """Everything that an operator may set. The description of each field is what `rasid init` writes beside it."""

    model_config = SettingsConfigDict(env_prefix="RASID_", extra="forbid", frozen=True)

    database: str = Field(
        "sqlite:///rasid.db",
        description="Where everything is kept: sqlite:///FILE, or postgresql+psycopg://user:password@host/name.",
    )
    index: str = Field(
        "sqlite:///rasid-index.db",
        description="What is searched; made from the database at any time by `rasid reindex`: sqlite:///FILE, or an "
        "Elasticsearch 8.19 or 9.x as https://user:password@host:9200 (docs/scale.md).",
    )
    index_ca: str = Field("", description="PEM file of the authority that signed the Elasticsearch's certificate.")
    index_fingerprint: str = Field(
        "", description="SHA-256 fingerprint of the Elasticsearch's certificate, instead of index_ca."
    )
    index_api_key: SecretStr = Field(
        SecretStr(""), description="API key for the Elasticsearch (encoded), instead of a user and password in index."
    )
    index_replicas: int = Field(
        -1, ge=-1, le=9, description="Copies of the index; -1: one where the Elasticsearch has a second node."
    )
    kibana_url: str = Field("", description="Address of Kibana for `rasid kibana`, as http://localhost:5601.")
    kibana_api_key: SecretStr = Field(
        SecretStr(""), description="API key for Kibana (encoded), instead of a user and password in kibana_url."
    )
    kibana_ca: str = Field("", description="PEM file of the authority that signed Kibana's certificate.")
    sources: Path = Field(
        Path("sources.toml"), description="The registry of outlets and their sources (`rasid init` writes one)."
    )

    host: str = Field(
        "127.0.0.1",
        description="Address on which the desk answers: loopback, with a web server that does TLS before it.",
    )
    port: int = Field(8600, ge=0, le=65535, description="Port of the desk; 0 takes any free one.")
    base_url: str = Field(
        "", description="Address by which people reach the desk, where it differs from http://host:port."
    )
    proxies: str = Field(
        "127.0.0.1", description="Addresses of web servers before the desk, whose X-Forwarded-For is believed."
    )
    due_critical: float = Field(4.0, gt=0, description="Hours within which a critical case should be answered.")
    due_high: float = Field(24.0, gt=0, description="Hours for an urgent one.")
    due_normal: float = Field(72.0, gt=0, description="Hours for any other.")
    language: Literal["ar", "en"] = Field("ar", description="Language of the mails and of the desk's first page.")

    crawl_delay: float = Field(1.0, ge=0, description="Seconds between two requests to the same host, at least.")
    crawl_contact: str = Field(
        "", description="URL or address that outlets find in the User-Agent, so that they can reach you."
    )
    crawl_private_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Host names on private addresses that may be crawled all the same (none: the safe choice)."
    )

    entities_model: str = Field(
        "",
        description="A bigger model for persons and organisations: a hub's name or a folder (torch must be installed).",
    )

    alert_to: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Addresses that get every new appeal by mail; people subscribe to more in the desk."
    )
    alert_interval: float = Field(
        60.0, ge=0.5, description="Seconds between two mails to the same address, at least: a burst makes one mail."
    )
    mail_per_minute: int = Field(120, ge=1, description="Messages handed to the mail server in a minute, at most.")
    mail_per_recipient: int = Field(30, ge=1, description="Messages to one recipient in an hour, at most.")
    webhook_private_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Host names on private addresses to which webhooks may be sent all the same."
    )
    mail_from: str = Field("Rasid <rasid@localhost>", description="Sender of the mails.")
    smtp_host: str = Field("localhost", description="Mail server.")
    smtp_port: int = Field(25, ge=1, le=65535, description="Its port: 25, 587 with starttls, 465 with tls.")
    smtp_security: Literal["none", "starttls", "tls"] = Field(
        "none", description="How the connection is protected; certificates are checked."
    )
    smtp_ca: str = Field(
        "", description="PEM file of the authority that signed its certificate, where the system does not know it."
    )
    smtp_user: str = Field("", description="User name at the mail server, where it asks for one.")
    smtp_password: SecretStr = Field(SecretStr(""), description="Its password; better set as RASID_SMTP_PASSWORD.")

    demo_port: int = Field(8017, ge=1, le=65535, description="Port of the sample newsroom of `rasid demo`.")
    demo_folder: Path = Field(Path("rasid-demo"), description="Where `rasid demo` keeps its database and index.")
    demo_exit: bool = Field(
        False, description="Whether `rasid demo` ends after the summary instead of serving the desk."
    )

    @field_validator("alert_to", "crawl_private_hosts", "webhook_private_hosts", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        """Take a list from TOML, and words separated by commas from the environment."""
        if isinstance(value, str):
            return tuple(word.strip() for word in value.split(",") if word.strip())
        return value

    @field_validator("alert_to")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            local, _, domain = address.rpartition("@")
            if not local or not domain or any(sign in address for sign in "\r\n <>,;"):
                message = f"{address!r} is not a mail address"
                raise ValueError(message)
        return tuple(dict.fromkeys(value))

    @field_validator("mail_from")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if "\r" in value or "\n" in value or "@" not in value:
            message = "must be one line with an address in it"
            raise ValueError(message)
        return value

    @property
    def desk_url(self) -> str:
        """The address of the desk for links, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.base_url or f"http://{host}:{self.port}").rstrip("/")

    def environment(self) -> dict[str, str]:
        """Return the settings as `RASID_*` variables, passwords included, for a process that is to have the same."""
        return {f"RASID_{name.upper()}": _plain(getattr(self, name)) for name in type(self).model_fields}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings' signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings' signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment before the file that RASID_CONFIG names (rasid.toml)."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=configuration())


def configuration() -> Path:
    """Return the path of the settings file, whether it exists or not."""
    return Path(os.environ.get("RASID_CONFIG", "rasid.toml"))


def read_settings(**overrides: Any) -> Settings:
    """Return the effective settings. Raises SettingsError with the setting's name and what is wrong with it."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError("; ".join(_fault(fault) for fault in error.errors())) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{configuration()}: {error}") from error


def masked(settings: Settings) -> dict[str, str]:
    """Return every setting as text, with passwords masked, for people and logs."""
    shown = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if name in {"database", "index", "kibana_url"}:
            shown[name] = _without_password(value)
        else:
            shown[name] = str(value) if isinstance(value, SecretStr) else _plain(value)
    return shown


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _fault(fault: Any) -> str:
    name = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        return f"{configuration()}: there is no setting {name!r}"
    return f"the setting {name} (RASID_{name.upper()}): {fault['msg'].removeprefix('Value error, ')}"


def _without_password(url: str) -> str:
    head, at, tail = url.rpartition("@")
    if not at or ":" not in head.partition("://")[2]:
        return url
    return f"{head[: head.rindex(':')]}:***@{tail}"
