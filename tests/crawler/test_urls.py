from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.urls import canonical_url, is_home_page, registered_domain


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTP://WWW.Example.IQ:80/News/../a#top", "http://www.example.iq/a"),
        ("https://example.iq:443", "https://example.iq/"),
        ("https://user:secret@example.iq./x", "https://example.iq/x"),
        ("http://agency.localhost:8017/a?b=&a=1", "http://agency.localhost:8017/a?a=1&b="),
        ("https://example.iq/x?utm_source=fb&id=7&fbclid=z&_gl=1", "https://example.iq/x?id=7"),
        ("https://example.iq/x?source=7&key=1&ref=2", "https://example.iq/x?key=1&ref=2&source=7"),
        ("https://example.iq/خبر/%d8%a7 b", "https://example.iq/%D8%AE%D8%A8%D8%B1/%D8%A7%20b"),
        ("https://شفق.iq/", "https://xn--zgb0ad.iq/"),
        ("http://[::1]:80/x", "http://[::1]/x"),
    ],
)
def test_an_address_has_one_form(url, canonical):
    assert canonical_url(url) == canonical


@pytest.mark.parametrize(
    "url", ["", "news/1", "ftp://example.iq/x", "javascript:void(0)", "http:///x", "http://[bad/", "mailto:a@b.iq"]
)
def test_what_is_no_http_address_is_an_error(url):
    with pytest.raises(ValueError, match="not an http address"):
        canonical_url(url)


@pytest.mark.parametrize(
    ("declared", "canonical"),
    [
        ("/news/7", "https://www.example.iq/news/7"),
        ("https://m.example.iq/news/7", "https://m.example.iq/news/7"),
        ("https://example.iq/", "https://www.example.iq/a?id=7"),
        ("https://example.iq/index.php", "https://www.example.iq/a?id=7"),
        ("https://other.iq/news/7", "https://www.example.iq/a?id=7"),
        ("https://example.gov.iq/news/7", "https://www.example.iq/a?id=7"),
        ("http://[", "https://www.example.iq/a?id=7"),
        ("  ", "https://www.example.iq/a?id=7"),
    ],
)
def test_a_declared_address_is_trusted_within_its_domain_and_never_as_the_home_page(declared, canonical):
    assert canonical_url("https://www.example.iq/a?id=7", declared) == canonical


def test_hosts_under_a_shared_suffix_are_not_one_domain():
    assert registered_domain("http://a.gov.iq/") != registered_domain("http://b.gov.iq/")
    assert registered_domain("http://a.localhost:1/") == "a.localhost"


def test_a_query_makes_the_root_an_item():
    assert is_home_page("https://example.iq/")
    assert not is_home_page("https://example.iq/?p=12")


@given(
    path=st.text(max_size=30),
    query=st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=4),
    host=st.sampled_from(["example.iq", "WWW.Example.iq:80", "شفق.iq", "a.localhost:8017"]),
)
def test_the_canonical_form_is_its_own_canonical_form(path, query, host):
    url = f"http://{host}/{path}?{'&'.join(f'{key}={value}' for key, value in query)}"
    try:
        once = canonical_url(url)
    except ValueError:
        return
    assert canonical_url(once) == once
    assert "#" not in once
