"""A page's text to its tree, and the words of an element."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

from lxml import etree, html
from lxml.cssselect import CSSSelector

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]*\?>")

_SILENT: Final = frozenset({"script", "style", "noscript", "template", "head", "svg"})
# Marks that may begin inside a word; every other element's edge parts words.
_WITHIN_WORDS: Final = frozenset({"a", "b", "strong", "i", "em", "u", "font", "mark", "small", "sup", "sub", "bdi"})


def parse_page(text: str) -> HtmlElement | None:
    """Parse a page, however broken; None where there is no HTML in it."""
    text = _NOT_XML.sub("", _DECLARATION.sub("", text, count=1)).strip()
    if "<" not in text:
        return None
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, recover=True)
    try:
        tree = html.document_fromstring(text.encode(), parser=parser, ensure_head_body=True)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
    return tree


def text_of(element: HtmlElement) -> str:
    """Return the words of an element in one line, without those of scripts and styles."""
    pieces: list[str] = []
    _collect(element, pieces)
    return " ".join("".join(pieces).split())


def select(tree: HtmlElement, css: str) -> list[HtmlElement]:
    """Return the elements that a CSS selector names, in the page's order."""
    return cast("list[HtmlElement]", _selector(css)(tree))


@lru_cache(maxsize=256)
def _selector(css: str) -> CSSSelector:
    return CSSSelector(css, translator="html")


def _collect(element: HtmlElement, pieces: list[str]) -> None:
    if not isinstance(element.tag, str) or element.tag in _SILENT:
        return
    apart = "" if element.tag in _WITHIN_WORDS else " "
    pieces += (apart, element.text or "")
    for child in element:
        _collect(child, pieces)
        pieces.append(child.tail or "")
    pieces.append(apart)
