"""What can go wrong in crawling.

CrawlerError
├── RegistryError         the registry of outlets is wrong; says the file and the line
├── OptionsError          a crawl was asked for that cannot be made; says what to change
├── CrawlFailedError      the crawl could not be run, or ended by a fault of the crawler itself
└── PrivateAddressError   a host stands at an address that is not public
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class CrawlerError(Exception):
    """The base of all errors that the crawler raises."""


class RegistryError(CrawlerError):
    """A registry file cannot be used. Raised by `load_registry`; nothing of the file is taken.

    Attributes:
        path: the file.
        line: the line of the fault, counted from 1; 0 where the file as a whole is at fault.

    """

    def __init__(self, path: Path, line: int, fault: str) -> None:
        super().__init__(f"{path}:{line}: {fault}" if line else f"{path}: {fault}")
        self.path = path
        self.line = line
        self.fault = fault


class OptionsError(CrawlerError):
    """The options of a crawl contradict the sources or one another. Raised before anything is fetched."""


class CrawlFailedError(CrawlerError):
    """The crawl could not be run to its end. Articles accepted before it stay accepted."""


class PrivateAddressError(CrawlerError):
    """A host has no public address. Raised by the resolver; the crawl counts it as a Rejection.

    Attributes:
        host: the host as asked for.
        address: the first refused address.

    """

    def __init__(self, host: str, address: str) -> None:
        super().__init__(f"{host} is at {address}, which is not a public address")
        self.host = host
        self.address = address
