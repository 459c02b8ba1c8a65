"""What a full crawl of the newsroom must find; for the tests and for the summary of `rasid demo`."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from service.demo.addresses import absolute

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crawler.article import Reason
    from service.demo.content import Item, Outlet


@dataclass(frozen=True, slots=True)
class Expected:
    """What a full crawl finds.

    Attributes:
        articles: every item that can be reached, by canonical URL. Each is fetched once.
        rejected: the named reason of every listed address that gives no Article, by URL as listed.
        foreign: BCP 47 tag of each article that is not Arabic, by canonical URL.
        outlets: id of the outlet of each article and rejection, by URL.

    """

    articles: Mapping[str, Item]
    rejected: Mapping[str, Reason]
    foreign: Mapping[str, str]
    outlets: Mapping[str, str]

    @classmethod
    def of(cls, outlets: Iterable[Outlet], port: int) -> Self:
        """Return what the outlets give when they are served on `port`."""
        articles: dict[str, Item] = {}
        rejected: dict[str, Reason] = {}
        owners: dict[str, str] = {}
        for outlet in outlets:
            for item in outlet.items:
                url = absolute(outlet.outlet.host, port, item.path)
                articles[url], owners[url] = item, outlet.id
            for reject in outlet.rejects:
                url = absolute(outlet.outlet.host, port, reject.path)
                rejected[url], owners[url] = reject.reason, outlet.id
        foreign = {url: item.language for url, item in articles.items() if item.language != "ar"}
        return cls(articles, rejected, foreign, owners)

    @property
    def reasons(self) -> Mapping[str, int]:
        """How many addresses are rejected, by the name of the reason."""
        return Counter(reason.value for reason in self.rejected.values())

    @property
    def stances(self) -> Mapping[str, int]:
        """How many articles have each stance."""
        return Counter(item.stance for item in self.articles.values())

    @property
    def stories(self) -> Mapping[str, frozenset[str]]:
        """URLs of the items of each case: the same need of the same people, in whatever words."""
        return self._joined("story")

    @property
    def dispatches(self) -> Mapping[str, frozenset[str]]:
        """URLs of the items of each syndication group: the same text on several outlets, lightly edited."""
        return self._joined("dispatch")

    def _joined(self, key: str) -> Mapping[str, frozenset[str]]:
        groups: dict[str, set[str]] = defaultdict(set)
        for url, item in self.articles.items():
            if name := getattr(item, key):
                groups[name].add(url)
        return {name: frozenset(urls) for name, urls in groups.items()}
