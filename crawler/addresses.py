"""Where a name may lead: to public addresses, and to no others, whatever the name, the redirect or the literal.

The resolver is the one way from a host to a connection in Twisted (IP literals pass it too), and what it answers is
what is connected to. A name that changes its address between a check and the connection (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import socket
import time
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from twisted.internet import address as twisted_address
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError
from twisted.internet.interfaces import IHostnameResolver, IHostResolution
from twisted.internet.threads import deferToThreadPool
from zope.interface import implementer  # type: ignore[import-untyped]  # it ships no types

from crawler.errors import PrivateAddressError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twisted.internet.base import ReactorBase
    from twisted.internet.interfaces import IAddress, IResolutionReceiver

_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
# Not globally reachable by IANA's special-purpose registries, but by the `ipaddress` of some Python releases.
_SPECIAL: Final = tuple(map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "100::/64", "2001::/23")))
_KEPT: Final = 300.0  # seconds for which an answer is kept
_LOOPBACK: Final = ("127.0.0.1",)


def is_public(address: str) -> bool:
    """Return whether an IP address is one of the public internet, and so is every address that it stands for."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return all(map(_is_public, _stands_for(parsed)))


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    special = address.is_multicast or address.is_reserved or address.is_unspecified
    return address.is_global and not special and not any(address in network for network in _SPECIAL)


def _stands_for(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    if address in _NAT64:
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    return [address, *filter(None, (address.sixtofour, *(address.teredo or ())))]


@implementer(IHostResolution)
class _Resolution:
    """A look-up under way, as Twisted wants to see it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """Do nothing: the look-up has its own time limit."""


@implementer(IHostnameResolver)
class GuardedResolver:
    """Resolves names to public addresses only; the names in `allowed` to any.

    Names under `.localhost` are the loopback without asking anyone (RFC 6761, 6.3), and so need to be allowed.
    """

    def __init__(self, reactor: ReactorBase, allowed: frozenset[str], timeout: float) -> None:
        self._reactor: Any = reactor
        self._allowed = allowed
        self._timeout = timeout
        self._answers: dict[str, tuple[float, tuple[str, ...] | PrivateAddressError]] = {}

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: ReactorBase) -> GuardedResolver:
        """Build from Scrapy's settings; `crawler` is the process, which has them."""
        settings = crawler.settings
        allowed = frozenset(name.lower().rstrip(".") for name in settings.getlist("RASID_ALLOW_PRIVATE_HOSTS"))
        return cls(reactor, allowed, settings.getfloat("DNS_TIMEOUT"))

    def install_on_reactor(self) -> None:
        """Become the only resolver of the reactor."""
        self._reactor.installNameResolver(self)

    async def lookup(self, host: str) -> tuple[str, ...]:
        """Return the addresses of `host` that may be connected to, at least one. Answers are kept for five minutes.

        Raises:
            PrivateAddressError: it has addresses, none of them public.
            DNSLookupError: it has none.

        """
        name = host.strip("[]").lower().rstrip(".")
        kept = self._answers.get(name)
        if kept is None or kept[0] < time.monotonic():
            kept = (time.monotonic() + _KEPT, await self._ask(name))
            self._answers[name] = kept
        if isinstance(kept[1], PrivateAddressError):
            raise PrivateAddressError(kept[1].host, kept[1].address)
        return kept[1]

    async def _ask(self, name: str) -> tuple[str, ...] | PrivateAddressError:
        if name == "localhost" or name.endswith(".localhost"):
            found: tuple[str, ...] = _LOOPBACK
        else:
            found = await self._getaddrinfo(name)
        if name in self._allowed:
            return found
        public = tuple(address for address in found if is_public(address))
        return public or PrivateAddressError(name, found[0])

    async def _getaddrinfo(self, name: str) -> tuple[str, ...]:
        asked: Deferred[list[Any]] = deferToThreadPool(
            self._reactor, self._reactor.getThreadPool(), socket.getaddrinfo, name, None, 0, socket.SOCK_STREAM
        )
        asked.addTimeout(self._timeout, self._reactor)
        try:
            rows = await asked
        except Exception as error:
            message = f"no address for {name}: {error}"
            raise DNSLookupError(message) from error
        found = tuple(dict.fromkeys(str(row[4][0]) for row in rows))
        if not found:
            message = f"no address for {name}"
            raise DNSLookupError(message)
        return found

    def resolveHostName(  # noqa: N802 - the name is Twisted's
        self,
        resolutionReceiver: IResolutionReceiver,  # noqa: N803 - the name is Twisted's
        hostName: str,  # noqa: N803 - the name is Twisted's
        portNumber: int = 0,  # noqa: N803 - the name is Twisted's
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803 - the name is Twisted's
        transportSemantics: Literal["TCP", "UDP"] = "TCP",  # noqa: N803 - the name is Twisted's
    ) -> IHostResolution:
        """Answer Twisted, which connects to what is answered and to nothing else."""
        receiver: Any = resolutionReceiver  # zope's interfaces declare methods without self, which mypy cannot call
        resolution = _Resolution(hostName)
        receiver.resolutionBegan(resolution)

        async def answer() -> None:
            try:
                found = await self.lookup(hostName)
            except (PrivateAddressError, DNSLookupError):
                found = ()
            for address in found:
                kind = twisted_address.IPv6Address if ":" in address else twisted_address.IPv4Address
                if addressTypes is None or kind in addressTypes:
                    receiver.addressResolved(kind(transportSemantics, address, portNumber))
            receiver.resolutionComplete()

        Deferred.fromCoroutine(answer())
        return cast("IHostResolution", resolution)
