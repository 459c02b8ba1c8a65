"""The text of an article: out of its page, in paragraphs."""

from __future__ import annotations

import re
from copy import deepcopy
from functools import cache
from html import unescape
from typing import TYPE_CHECKING, Final

from trafilatura import bare_extraction
from trafilatura.settings import Extractor, use_config

from crawler.boilerplate import fold, kept_lines
from crawler.dates import has_date
from crawler.pages import parse_page, select, text_of

if TYPE_CHECKING:
    from configparser import ConfigParser

    from lxml.html import HtmlElement

    from crawler.metadata import PageFacts

_BLOCKS: Final = ("p", "h2", "h3", "h4", "li", "blockquote", "div", "td")
_BREAK: Final = re.compile(r"\s*\n\s*")
_CONTENT_NAME: Final = re.compile(
    r"(?:article|entry|post|news|story|content|detail|single|text|body|khabar)[_-]?(?:body|content|text|detail\w*|desc\w*|inner|full)?",
    re.IGNORECASE,
)
_HEAD: Final = 5  # paragraphs among which the headline is looked for: before it stand section names
_LEAST: Final = 25  # characters; fewer are a label, not a sentence


def read_body(tree: HtmlElement, facts: PageFacts, title: str) -> str:
    """Return the article's paragraphs joined by newlines; "" where the page has none.

    trafilatura first; then what the page gives to search engines (JSON-LD `articleBody`), its main paragraphs, and
    its description. An article of one sentence is one: nothing is dropped for being short.
    """
    for read in (_by_trafilatura, _by_linked_data, _by_paragraphs, _by_description):
        lines = _article_lines(read(tree, facts), title)
        if lines and sum(map(len, lines)) >= _LEAST:
            return "\n".join(lines)
    return ""


def select_body(tree: HtmlElement, selector: str) -> str:
    """Return the paragraphs of the elements that an outlet's selector names."""
    lines: list[str] = []
    for element in select(tree, selector):
        lines += _paragraphs(element)
    return "\n".join(kept_lines(lines))


@cache
def _config() -> ConfigParser:
    """Return trafilatura's settings, with its rescue of short texts off: it takes the whole page for the article."""
    config = deepcopy(use_config())
    config.set("DEFAULT", "MIN_EXTRACTED_SIZE", "0")
    return config


def _by_trafilatura(tree: HtmlElement, _: PageFacts) -> list[str]:
    # "recall" also turns off the retry that pads a short article with the headlines around it.
    options = Extractor(config=_config(), output_format="python", fast=True, recall=True, comments=False, tables=False)
    document = bare_extraction(tree, options=options)
    text = getattr(document, "text", None) or ""
    return _BREAK.split(text)


def _by_linked_data(_: HtmlElement, facts: PageFacts) -> list[str]:
    body = facts.linked("articleBody")
    if "<" in body and (tree := parse_page(body)) is not None:
        return _paragraphs(tree)
    return _BREAK.split(unescape(body))


def _by_paragraphs(tree: HtmlElement, _: PageFacts) -> list[str]:
    regions = [*tree.iter("article"), *tree.iter("main")]
    regions += [
        found
        for found in tree.iter("div", "section", "td")
        if _CONTENT_NAME.fullmatch(found.get("class") or found.get("id") or "")
    ]
    for region in (*regions, tree):
        lines = [text_of(element) for element in region.iter("p")]
        if not any(lines) and region is not tree:
            lines = _paragraphs(region)
        if sum(map(len, lines)) >= _LEAST:
            return lines
    return []


def _by_description(_: HtmlElement, facts: PageFacts) -> list[str]:
    if not facts.is_article:
        return []
    return [facts.metas.get("og:description", "") or facts.metas.get("description", "")]


def _article_lines(lines: list[str], title: str) -> list[str]:
    lines = kept_lines([" ".join(line.split()) for line in lines])
    heads = [at for at, line in enumerate(lines[:_HEAD]) if fold(line) == fold(title)]
    del lines[: heads[-1] + 1 if heads else 0]
    while lines and _is_date_line(lines[0]):
        del lines[0]
    while lines and _is_date_line(lines[-1]):
        del lines[-1]
    return [line for at, line in enumerate(lines) if at == 0 or line != lines[at - 1]]


def _is_date_line(line: str) -> bool:
    return len(line) <= 60 and has_date(line) and not re.search(r"[.؟!»]$|\bفي\b|\bمن\b", line)


def _paragraphs(element: HtmlElement) -> list[str]:
    """Return the words of an element by its blocks and line breaks."""
    copied = deepcopy(element)
    copied.tail = None
    for inner in copied.iter("br", *_BLOCKS):
        inner.tail = f"\n{inner.tail or ''}"
        if inner.tag != "br" and inner is not copied:
            inner.text = f"\n{inner.text or ''}"
    for silent in list(copied.iter("script", "style", "noscript")):
        silent.drop_tree()
    return [" ".join(line.split()) for line in copied.text_content().split("\n") if line.strip()]
