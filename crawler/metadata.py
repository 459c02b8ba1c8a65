"""What a page says of itself: its title, date, language and address."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from crawler.article import PublishedFrom
from crawler.boilerplate import fold
from crawler.dates import ReadDate, has_date, read_date
from crawler.pages import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lxml.html import HtmlElement

_PUBLISHED_META: Final = (
    "article:published_time", "og:article:published_time", "og:published_time", "datepublished", "date", "pubdate",
    "publishdate", "publish-date", "publish_date", "dc.date.issued", "dc.date", "dcterms.created", "sailthru.date",
    "article.published", "parsely-pub-date", "cxenseparse:recs:publishtime",
)  # fmt: skip
_ARTICLE_TYPES: Final = re.compile(r"(?:News|Blog|Report|Opinion|Analysis|Live)?(?:Article|Posting|BlogPosting)|Report")
_SEPARATOR: Final = re.compile(r"\s*[|»«•·]\s*|\s+[-–—:]+\s+|\s*::\s*")
_NAME_NOISE: Final = re.compile(
    r"\b(?:وكاله|شبكه|قناه|جريده|صحيفه|موقع|الاخباريه|الاخباري|للانباء|الانباء|الرسمي|الرسميه|الفضائيه|نيوز"
    r"|news|agency|tv|network|com|net|org|iq)\b"
)
_DATED_NAME: Final = re.compile(r"date|time|publish|posted|meta|stamp|tarikh|تاريخ", re.IGNORECASE)
_LANGUAGE: Final = re.compile(r"[a-zA-Z]{2,3}(?:[-_][a-zA-Z0-9]{2,8})*")
_MAX_DATE_WORDS: Final = 100
_NEAR_TITLE: Final = 60  # pieces of text after the title among which its date stands


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What a page declares in its head: metas by lower-cased name, JSON-LD objects, its title and language."""

    metas: Mapping[str, str]
    linked_data: tuple[Mapping[str, Any], ...]
    title: str
    language: str
    declared_url: str

    @property
    def is_article(self) -> bool:
        """Whether the page calls itself an article."""
        return self.metas.get("og:type", "").lower() == "article" or any(_is_article(item) for item in self.linked_data)

    def linked(self, key: str) -> str:
        """Return a text of the page's article in JSON-LD; "" where it has none."""
        for item in self.linked_data:
            value = item.get(key)
            if _is_article(item) and isinstance(value, str) and value.strip():
                return value.strip()
        return ""


def read_facts(tree: HtmlElement) -> PageFacts:
    """Read what a page declares. Must be called before the page is pruned."""
    metas: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = (
            meta.get("property") or meta.get("name") or meta.get("itemprop") or meta.get("http-equiv") or ""
        ).lower()
        content = " ".join((meta.get("content") or "").split())
        if name and content:
            metas.setdefault(name, content)
    canonical = next(
        (link.get("href") for link in tree.iter("link") if "canonical" in (link.get("rel") or "").lower()), ""
    )
    title = next((text_of(element) for element in tree.iter("title")), "")
    return PageFacts(
        metas=metas,
        linked_data=tuple(_linked_data(tree)),
        title=title or metas.get("title", ""),
        language=_language(tree, metas),
        declared_url=(canonical or metas.get("og:url", "")).strip(),
    )


def read_title(tree: HtmlElement, facts: PageFacts, names: Iterable[str]) -> str:
    """Return the headline without the outlet's name; `names` are what the outlet is known as."""
    known = {
        _name(name) for name in (*names, facts.metas.get("og:site_name", ""), facts.metas.get("application-name", ""))
    } - {""}
    heads = [
        text for element in tree.iter("h1") if 3 < len(text := text_of(element)) <= 300 and _name(text) not in known
    ]
    declared = [
        facts.linked("headline"),
        facts.metas.get("og:title", ""),
        facts.metas.get("twitter:title", ""),
        facts.title,
    ]
    for words in filter(None, declared):
        for head in heads:
            if fold(head) and fold(head) in fold(words):
                return head
    for words in filter(None, declared):
        stripped = _without_names(" ".join(words.split()), known)
        if stripped:
            return stripped
    return heads[0] if heads else ""


def read_published(tree: HtmlElement, facts: PageFacts) -> tuple[ReadDate, PublishedFrom]:
    """Return the published time that the page declares, or that is written by its headline."""
    first: tuple[ReadDate, PublishedFrom] | None = None
    for words, where in _date_candidates(tree, facts):
        read = read_date(words)
        if read.moment:
            return read, where
        first = first or (read, where)
    return first or (ReadDate(None, ""), PublishedFrom.NOWHERE)


def _date_candidates(tree: HtmlElement, facts: PageFacts) -> Iterator[tuple[str, PublishedFrom]]:
    for name in _PUBLISHED_META:
        if name in facts.metas:
            yield facts.metas[name], PublishedFrom.PAGE
    if published := facts.linked("datePublished"):
        yield published, PublishedFrom.PAGE
    for element in tree.xpath("//*[@itemprop='datePublished']"):
        if words := element.get("content") or element.get("datetime") or text_of(element):
            yield words, PublishedFrom.PAGE
    for element in tree.iter("time"):
        if not any(above.tag in {"aside", "nav", "footer"} for above in element.iterancestors()):
            words = element.get("datetime") or text_of(element)
            if words:
                yield words, PublishedFrom.PAGE
    for words in _written_dates(tree):
        yield words, PublishedFrom.DATELINE


def _written_dates(tree: HtmlElement) -> Iterator[str]:
    """Yield the dates written near the headline: after it, in elements named for a date, then just before it."""
    before: list[str] = []
    after: list[str] = []
    named: list[str] = []
    headed = False
    for element in tree.iter(
        "h1", "div", "span", "p", "li", "small", "em", "i", "b", "strong", "td", "font", "h2", "h3", "h4", "h5"
    ):
        headed = headed or element.tag == "h1"
        if len(after) >= _NEAR_TITLE:
            break
        words = " ".join((element.text or "").split()) or _short_text(element)
        if not words:
            continue
        (after if headed else before).append(words)
        if (
            len(words) <= _MAX_DATE_WORDS
            and has_date(words)
            and _DATED_NAME.search(f"{element.get('class')} {element.get('id')}")
        ):
            named.append(words)
        for child in element:
            if child.tail and child.tail.strip():
                (after if headed else before).append(" ".join(child.tail.split()))
    yield from named
    for words in (*after, *reversed(before[-15:])):
        if len(words) <= _MAX_DATE_WORDS and has_date(words):
            yield words


def _short_text(element: HtmlElement) -> str:
    """Return the words of an element that has only a few, split over children: an icon and a date, a day and a time."""
    if len(element) == 0 or len(element) > 6 or (element.tag == "div" and element.find(".//p") is not None):
        return ""
    words = text_of(element)
    return words if len(words) <= _MAX_DATE_WORDS else ""


def _linked_data(tree: HtmlElement) -> Iterator[Mapping[str, Any]]:
    for script in tree.iterfind(".//script[@type='application/ld+json']"):
        try:
            data = json.loads(script.text or "", strict=False)
        except (ValueError, RecursionError):
            continue
        yield from _objects(data, depth=4)


def _objects(data: object, depth: int) -> Iterator[Mapping[str, Any]]:
    if isinstance(data, list) and depth:
        for item in data[:50]:
            yield from _objects(item, depth - 1)
    elif isinstance(data, dict):
        yield data
        if depth:
            yield from _objects(data.get("@graph"), depth - 1)


def _is_article(item: Mapping[str, Any]) -> bool:
    kinds = item.get("@type")
    return any(
        isinstance(kind, str) and _ARTICLE_TYPES.fullmatch(kind)
        for kind in (kinds if isinstance(kinds, list) else [kinds])
    )


def _language(tree: HtmlElement, metas: Mapping[str, str]) -> str:
    root = tree.getroottree().getroot()
    for value in (root.get("lang"), root.get("{http://www.w3.org/XML/1998/namespace}lang"), root.get("xml:lang"),
                  metas.get("content-language"), metas.get("og:locale"), metas.get("language")):  # fmt: skip
        if value and (match := _LANGUAGE.fullmatch(value.split(",")[0].strip())):
            return match[0].replace("_", "-").lower()
    return ""


def _name(text: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", _NAME_NOISE.sub(" ", fold(text))).split()) or fold(text)


def _without_names(title: str, known: set[str]) -> str:
    """Drop the segments at the end and the beginning of a title that name the outlet."""
    cuts = [(match.start(), match.end()) for match in _SEPARATOR.finditer(title)]
    while cuts and _is_name(title[cuts[-1][1] :], known):
        title = title[: cuts.pop()[0]]
    if cuts and _is_name(title[: cuts[0][0]], known):
        title = title[cuts[0][1] :]
    return "" if _name(title) in known else title.strip()


def _is_name(segment: str, known: set[str]) -> bool:
    name = _name(segment)
    return not name or any(
        name == other or (len(name) > 4 and (name in other or other in name) and len(name) < 2 * len(other))
        for other in known
    )
