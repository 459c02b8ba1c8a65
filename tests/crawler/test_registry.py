from __future__ import annotations

from pathlib import Path

import pytest

from crawler import Kind, OptionsError, RegistryError, bundled_registry, bundled_registry_text, load_registry
from crawler.registry import parse_registry

GOOD = """\
# a comment
[[outlet]]
id = "karbala"
name = "كربلاء الآن"
url = "https://karbala.example/"
home = "IQ-KA"

[outlet.extraction]
title = "h1.title"
remove = ".ad, .share"

[[outlet.source]]
id = "karbala-rss"
kind = "feed"
url = "https://karbala.example/rss"
interval = 5

[[outlet.source]] # list
id = "karbala-list"
kind = "listing"
url = "https://karbala.example/local"
items = '''
.item a'''
date = ".date"

[[outlet]] # basra
id = "basra"
name = "البصرة"
url = "https://basra.example/"

[[outlet.source]] # map
id = "basra-map"
kind = "sitemap"
url = "https://basra.example/news.xml"
"""


def parse(text: str):
    return parse_registry(text, Path("sources.toml"))


def test_a_registry_is_read_with_its_defaults():
    registry = parse(GOOD)
    karbala, basra = registry.outlets
    assert (karbala.home, karbala.language, karbala.verified) == ("IQ-KA", "ar", False)
    assert karbala.extraction.title == "h1.title"
    assert [source.interval for source in registry.sources] == [5, 20, 20]
    assert basra.sources[0].kind is Kind.SITEMAP
    assert registry.outlet("basra") is basra


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('kind = "sitemap"', 'kind = "rss"', 'kind = "rss"', "'kind'"),
        ("interval = 5", "intervall = 5", "intervall", "unknown key 'intervall'"),
        ("interval = 5", "interval = 0", "interval = 0", "greater than or equal to 1"),
        ("interval = 5", 'interval = "5"', "interval", "valid integer"),
        ('id = "basra-map"', 'id = "karbala-rss" # 2', "# 2", "second source with the id 'karbala-rss'"),
        ('id = "basra"', 'id = "karbala" # 2', "# 2", "second outlet with the id 'karbala'"),
        ('home = "IQ-KA"', 'home = "Karbala"', "home", "no governorate of Iraq"),
        ('"https://karbala.example/rss"', '"karbala.example/rss"', '"karbala.example/rss"', "not an http(s) address"),
        ('"https://karbala.example/rss"', '"https://me:x@karbala.example/"', "me:x", "no user or password"),
        ('title = "h1.title"', 'title = "h1["', "h1[", "not a CSS selector"),
        ('date = ".date"', "pattern = '(['", "pattern", "not a regular expression"),
        ("items = '''\n.item a'''\n", "", "[[outlet.source]] # list", "needs `items`"),
        (
            'url = "https://basra.example/news.xml"',
            'url = "https://basra.example/n"\nitems = "a"',
            "# map",
            "for a listing",
        ),
        ('name = "البصرة"\n', "", "[[outlet]] # basra", "'name' is missing"),
        ('id = "basra"', "id = basra", "id = basra", "not TOML"),
    ],
)
def test_a_fault_is_reported_with_its_line(tmp_path, old, new, line, words):
    file = tmp_path / "sources.toml"
    text = GOOD.replace(old, new)
    assert text != GOOD
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RegistryError) as caught:
        load_registry(file)
    assert line in text.splitlines()[caught.value.line - 1]
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"{file}:{caught.value.line}: ")


def test_a_missing_or_unreadable_file_is_a_registry_error(tmp_path):
    with pytest.raises(RegistryError, match="cannot be read"):
        load_registry(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RegistryError, match="cannot be read"):
        load_registry(tmp_path / "binary.toml")


def test_outlets_are_selected_by_their_ids_and_those_of_their_sources():
    registry = parse(GOOD)
    assert [outlet.id for outlet in registry.select([])] == ["karbala", "basra"]
    (chosen,) = registry.select(["karbala-list"])
    assert [source.id for source in chosen.sources] == ["karbala-list"]
    with pytest.raises(OptionsError, match="neither an outlet nor a source: typo"):
        registry.select(["basra", "typo"])


def test_the_bundled_registry_has_real_outlets_that_nobody_vouches_for_yet():
    registry = bundled_registry()
    assert len(registry.outlets) >= 30
    assert all(outlet.sources and not outlet.verified and outlet.language == "ar" for outlet in registry.outlets)
    assert {"IQ-KA", "IQ-BA", "IQ-NI", "IQ-DQ", "IQ-KI", "IQ-AN"} <= {outlet.home for outlet in registry.outlets}
    assert parse(bundled_registry_text()) == registry
