"""The style sheet: contrast of its colours (WCAG 2.2, 1.4.3 and 1.4.6) and one sheet for both directions."""

from __future__ import annotations

import re

import pytest

from service.desk.pages import STATIC

SHEET = (STATIC / "desk.css").read_text(encoding="utf-8")


def _tokens(theme: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{(.*?)\}", SHEET, re.DOTALL)[:2]
    tokens = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light))
    return tokens | (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", dark)) if theme == "dark" else {})


def _channels(colour: str) -> list[float]:
    return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def _mixed(colour: str, share: float, ground: str) -> str:
    mixed = (share * c + (1 - share) * g for c, g in zip(_channels(colour), _channels(ground), strict=True))
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in mixed)


def _luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "surface", "sunken", "accent-soft"])
@pytest.mark.parametrize("colour", ["ink", "ink-quiet", "accent", "critical", "high", "normal"])
def test_words_stand_out_from_their_ground(theme: str, ground: str, colour: str) -> None:
    tokens = _tokens(theme)
    assert _contrast(tokens[colour], tokens[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["place", "facility", "appellant", "addressee", "person", "evidence"])
def test_article_text_stands_out_even_where_three_marks_lie(theme: str, kind: str) -> None:
    tokens = _tokens(theme)
    ground = tokens["surface"]
    for _ in range(3):
        ground = _mixed(tokens[kind], 0.09, ground)
    assert _contrast(tokens["ink"], ground) >= 7
    assert _contrast(tokens[kind], tokens["surface"]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_match_and_a_button_can_be_read(theme: str) -> None:
    tokens = _tokens(theme)
    assert _contrast(tokens["ink"], tokens["match"]) >= 4.5
    assert _contrast(tokens["on-accent"], tokens["accent"]) >= 4.5


def test_only_logical_properties_are_used() -> None:
    physical = (
        r"[\s;{](?:(?:margin|padding|border)-(?:left|right|top|bottom)|left|right|top|bottom|width|height|float)\s*:"
    )
    assert re.findall(physical, SHEET) == []
    assert re.findall(r"text-align:\s*(?:left|right)", SHEET) == []


def test_the_fonts_licence_lies_beside_them() -> None:
    fonts = STATIC / "fonts"
    assert "SIL Open Font License, Version 1.1" in (fonts / "LICENSE.txt").read_text(encoding="utf-8")
    named = set(re.findall(r'url\("fonts/([^"]+)"\)', SHEET))
    assert named == {path.name for path in fonts.glob("*.woff2")}
