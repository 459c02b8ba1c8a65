from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from lxml import html

from service.demo import Newsroom, PortTaken


def test_an_unknown_host_gets_the_page_that_links_the_outlets(visit) -> None:
    tree = html.fromstring(visit.client.get("/").content)
    assert len(tree.cssselect("li a")) == len(visit.room.hosts) == 5


def test_every_link_of_the_navigation_leads_somewhere(visit) -> None:
    for host in visit.room.hosts:
        front = f"http://{host}:{visit.room.port}/"
        tree = html.fromstring(visit.get(front).content)
        tree.make_links_absolute(front)
        links = {link.get("href") for link in tree.cssselect("nav a, #menu a, td[bgcolor='#8FAF7A'] a")}
        broken = {link for link in links if visit.get(link.partition("#")[0]).status_code != 200}
        assert {link for link in broken if "do=feedback" not in link} == set()


def test_unknown_pages_are_missing(visit) -> None:
    assert visit.at("rafid", "/news/9999999").status_code == 404
    assert visit.at("sada-dhiqar", "/2026/11/21/%ff%fe/").status_code == 404
    assert visit.at("karbala-now", "/index.php?newsid=").status_code == 404


@pytest.mark.parametrize("host", ["", "[::1", "rafid.localhost:port", "http://x y", "RAFID.localhost"])
def test_an_odd_host_header_breaks_nothing(visit, host) -> None:
    assert visit.client.get("/", headers={"host": host}).status_code == 200


def test_head_answers_as_get_without_a_body(fresh_visit) -> None:
    for host, path in [("rafid", "/rss.xml"), ("anbar-local", "/"), ("baghdad-post", "/article/20725/document-scan")]:
        answer = fresh_visit.at(host, path, method="HEAD")
        assert (answer.status_code, answer.content) == (200, b"")
    assert not fresh_visit.room.requests


def test_other_methods_are_refused(visit) -> None:
    assert visit.at("karbala-now", "/index.php?do=login", method="POST").status_code == 405


def test_requests_are_counted_by_address(fresh_visit) -> None:
    for _ in range(3):
        fresh_visit.at("rafid", "/rss.xml")
    fresh_visit.at("rafid", "/news/1051")
    root = f"http://rafid.localhost:{fresh_visit.room.port}"
    assert fresh_visit.room.requests == {f"{root}/rss.xml": 3, f"{root}/news/1051": 1}
    assert fresh_visit.room.served == {f"{root}/news/1051": 1}


def test_many_at_once_get_what_they_asked_for(fresh_visit) -> None:
    urls = list(fresh_visit.room.expected.articles.items())[:40]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda pair: fresh_visit.get(pair[0]), urls))
    assert [answer.status_code for answer in answers] == [200] * len(urls)
    assert sum(fresh_visit.room.served.values()) == len(urls)


def test_a_taken_port_names_the_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {port} .* RASID_DEMO_PORT"), Newsroom(port=port):
            pass


def test_leaving_stops_the_server_and_frees_its_port() -> None:
    before = threading.active_count()
    with Newsroom(port=0) as room:
        port = room.port
        assert httpx2.get(room.url).status_code == 200
    assert threading.active_count() == before
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(room.url)
    with Newsroom(port=port) as again:
        assert httpx2.get(again.url).status_code == 200


def test_leaving_does_not_wait_for_a_client_that_does_not_read() -> None:
    with Newsroom(port=0) as room:
        lazy = socket.create_connection(("127.0.0.1", room.port))
        lazy.sendall(
            f"GET /article/20725/document-scan HTTP/1.1\r\nHost: baghdad-post.localhost:{room.port}\r\n\r\n".encode()
        )
        assert lazy.recv(10)
    lazy.close()


def test_two_newsrooms_do_not_share_what_they_count() -> None:
    with Newsroom(port=0) as one, Newsroom(port=0) as other:
        httpx2.get(one.url)
        one.edition = 2
        assert (sum(one.requests.values()), sum(other.requests.values())) == (1, 0)
        assert other.edition == 1
