"""One page in, its article out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from crawler.article import PublishedFrom
from crawler.bodies import read_body, select_body
from crawler.boilerplate import cut_before_title, prune
from crawler.charsets import decode_html
from crawler.dates import read_date
from crawler.metadata import PageFacts, read_facts, read_published, read_title
from crawler.pages import parse_page, select, text_of
from crawler.urls import canonical_url

if TYPE_CHECKING:
    from datetime import datetime

    from lxml.html import HtmlElement

    from crawler.registry import Outlet


# trafilatura drops the zero-width non-joiner, a letter of Kurdish and Persian spelling; a letter that no page of theirs
# has stands in for it.
_ZWNJ: Final = "\u200c"
_ZWNJ_STAND_IN: Final = "\ua78c"


@dataclass(frozen=True, slots=True)
class Extracted:
    """What one page gives.

    Attributes:
        title: the headline, one line, without the outlet's name; "" where there is none.
        body: paragraphs joined by newlines; "" where there are none.
        published: in UTC; None where the page does not say, or says something absurd.
        published_raw: the words from which `published` was read.
        published_from: PAGE (declared in the page's markup), DATELINE (written by the headline) or NOWHERE.
        canonical_url: by `canonical_url`, with what the page declares.
        language: BCP 47 tag that the page declares, lower case; "" where it does not.
        is_article: whether there is an article: a body, or a headline on a page that calls itself an article.

    """

    title: str
    body: str
    published: datetime | None
    published_raw: str
    published_from: PublishedFrom
    canonical_url: str
    language: str
    is_article: bool


def extract(html: bytes, url: str, *, outlet: Outlet | None = None, content_type: str = "") -> Extracted:
    """Extract the article of a page.

    `url` is where the page was found, `content_type` its HTTP header, a hint only. An outlet's own selectors go first,
    then the general reading. A page of which nothing can be made gives an Extracted with `is_article` false.

    Raises:
        ValueError: `url` is not an http(s) address.

    """
    own = canonical_url(url)
    tree = parse_page(decode_html(html, content_type).replace(_ZWNJ, _ZWNJ_STAND_IN))
    if tree is None:
        return Extracted("", "", None, "", PublishedFrom.NOWHERE, own, "", is_article=False)
    facts = read_facts(tree)
    rules = outlet.extraction if outlet else None
    if rules and rules.remove:
        _remove(tree, rules.remove)
    title = (_first(tree, rules.title) if rules and rules.title else "") or read_title(tree, facts, _names(outlet, url))
    published, published_from = read_published(tree, facts)
    if rules and rules.date and (words := _first(tree, rules.date)):
        published, published_from = read_date(words), PublishedFrom.PAGE
    body = select_body(tree, rules.body) if rules and rules.body else ""
    if not body:
        prune(tree)
        cut_before_title(tree, title)
        body = read_body(tree, facts, title)
    return Extracted(
        title=title.replace(_ZWNJ_STAND_IN, _ZWNJ),
        body=body.replace(_ZWNJ_STAND_IN, _ZWNJ),
        published=published.moment,
        published_raw=published.raw,
        published_from=published_from,
        canonical_url=canonical_url(url, facts.declared_url),
        language=facts.language,
        is_article=bool(body) or (bool(title) and _declared_article(facts)),
    )


def _declared_article(facts: PageFacts) -> bool:
    return facts.is_article or "article:published_time" in facts.metas


def _names(outlet: Outlet | None, url: str) -> list[str]:
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    return [host, host.partition(".")[0], *([outlet.name] if outlet else [])]


def _first(tree: HtmlElement, selector: str) -> str:
    for element in select(tree, selector):
        words = (element.get("content") or element.get("datetime") or "").strip() or text_of(element)
        if words:
            return words
    return ""


def _remove(tree: HtmlElement, selector: str) -> None:
    for element in select(tree, selector):
        if element.getparent() is not None and element.tag != "body":
            element.drop_tree()
