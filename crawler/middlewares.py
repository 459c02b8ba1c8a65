"""Scrapy's downloader middlewares, so that every refusal says its reason, and the guard of addresses."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware, RedirectMiddleware
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError

from crawler.addresses import GuardedResolver
from crawler.article import Reason
from crawler.errors import CrawlFailedError, PrivateAddressError
from crawler.refusals import AlreadyFetchedRequest, RefusedRequest
from crawler.urls import canonical_url, is_http_url

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response


# How long the rules of a host hold (RFC 9309 allows a day), and that there are none where they could not be had.
_RULES_SECONDS: Final = 3600.0
_NO_RULES_SECONDS: Final = 300.0


class AddressMiddleware:
    """Refuses a request to a host without a public address, by name, before robots.txt is asked for.

    The resolver refuses the connection itself; this says why.
    """

    @classmethod
    def from_crawler(cls, _: Crawler) -> AddressMiddleware:
        """Build: the resolver is the reactor's."""
        return cls()

    async def process_request(self, request: Request) -> None:
        """Raise RefusedRequest where the host may not be connected to."""
        if not is_http_url(request.url):
            raise RefusedRequest(Reason.UNREACHABLE, f"not an http address: {request.url[:200]}")
        from twisted.internet import reactor  # noqa: PLC0415 - importing it installs one

        resolver = reactor.nameResolver
        if not isinstance(resolver, GuardedResolver):
            message = "the reactor runs without the guarded resolver"
            raise CrawlFailedError(message)
        try:
            await maybe_deferred_to_future(
                Deferred.fromCoroutine(resolver.lookup(urlsplit(request.url).hostname or ""))
            )
        except PrivateAddressError as error:
            raise RefusedRequest(Reason.PRIVATE_ADDRESS, str(error)) from error
        except DNSLookupError:
            return  # left to the download, which fails and is retried


class RobotsMiddleware(RobotsTxtMiddleware):
    """Names what robots.txt forbids, and asks for it again when it is old: a crawl may go on for hours."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._asked: dict[str, float] = {}

    async def process_request(self, request: Request, spider: Spider | None = None) -> None:  # noqa: ARG002 - Scrapy's
        """Raise RefusedRequest where robots.txt forbids the request."""
        self._forget_old(urlsplit(request.url).netloc)
        try:
            await super().process_request(request)
        except IgnoreRequest as error:
            raise RefusedRequest(Reason.ROBOTS, "forbidden by robots.txt") from error

    def _forget_old(self, netloc: str) -> None:
        """Forget the rules of a host that were asked for long ago, sooner where none came; not while they come."""
        now = time.monotonic()
        rules = self._parsers.get(netloc)
        kept = _NO_RULES_SECONDS if rules is None else _RULES_SECONDS
        if now - self._asked.setdefault(netloc, now) > kept and not isinstance(rules, Deferred):
            self._parsers.pop(netloc, None)
            self._asked[netloc] = now


class CompressionMiddleware(HttpCompressionMiddleware):
    """Names a body that is too large once it is inflated."""

    def process_response(
        self,
        request: Request,
        response: Response,
        spider: Spider | None = None,  # noqa: ARG002 - Scrapy's signature
    ) -> Request | Response:
        """Raise RefusedRequest where the inflated body passes the limit."""
        try:
            return super().process_response(request, response)
        except IgnoreRequest as error:
            raise RefusedRequest(Reason.TOO_LARGE, str(error)) from error


class _NamedRedirect:
    """What both redirect middlewares add: a name for a loop, and no second fetch of a page that is had."""

    crawler: Crawler

    def _redirect(self, redirected: Request, request: Request, reason: Any) -> Request:
        try:
            following: Request = super()._redirect(redirected, request, reason)  # type: ignore[misc]  # a mixin
        except IgnoreRequest as error:
            times = request.meta.get("redirect_times", 0)
            raise RefusedRequest(
                Reason.REDIRECT_LOOP, f"{times} redirects, the last to {redirected.url[:200]}"
            ) from error
        claims = getattr(self.crawler.spider, "claims", None)
        holder = request.meta.get("rasid_holder")
        if claims is None or not holder or not is_http_url(redirected.url):
            return following
        if claims.setdefault(canonical_url(redirected.url), holder) != holder:
            raise AlreadyFetchedRequest(redirected.url)
        return following


class NamedRedirectMiddleware(_NamedRedirect, RedirectMiddleware):
    """HTTP redirects."""


class NamedMetaRefreshMiddleware(_NamedRedirect, MetaRefreshMiddleware):
    """Redirects by `<meta http-equiv=refresh>`."""
