from __future__ import annotations

import hashlib
import json
import ssl
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from index import IndexUnavailable, Query, ServerOptions, open_index
from index.elasticsearch import schema

ROLES = Path(schema.__file__).parent / "roles"


@pytest.fixture
def admin(secure_node):
    """A client that may do everything, on a node that holds nothing of ours."""
    url = f"https://127.0.0.1:{secure_node.port}"
    with Elasticsearch(url, basic_auth=("admin", "only-on-loopback"), ca_certs=str(secure_node.ca)) as client:
        yield client
        for index in client.indices.get(index="rasid-*"):
            client.indices.delete(index=index)


@pytest.fixture
def opened(secure_node, admin):
    """Opens the index with an API key that has one of the roles."""
    indexes = []

    def open_as(role):
        given = json.loads((ROLES / f"{role}.json").read_text(encoding="utf-8"))
        key = admin.security.create_api_key(name=role, role_descriptors={role: given})["encoded"]
        index = open_index(f"https://127.0.0.1:{secure_node.port}", ServerOptions(ca=secure_node.ca, api_key=key))
        indexes.append(index)
        return index

    yield open_as
    for index in indexes:
        index.close()


def test_a_login_in_the_url_and_the_ca_are_enough(secure_node, admin, make):
    with open_index(secure_node.url, ServerOptions(ca=secure_node.ca)) as index:
        assert index.write([make("a", title="الماء")]).stored == 1


def test_a_fingerprint_is_enough(secure_node, admin, make):
    certificate = ssl.PEM_cert_to_DER_cert(secure_node.ca.read_text())
    fingerprint = hashlib.sha256(certificate).hexdigest()
    with open_index(secure_node.url, ServerOptions(fingerprint=fingerprint)) as index:
        assert index.write([make("a", title="الماء")]).stored == 1
    with (
        open_index(secure_node.url, ServerOptions(fingerprint="0" * 64)) as other,
        pytest.raises(IndexUnavailable, match="not trusted"),
    ):
        other.count()


def test_an_untrusted_certificate_and_a_wrong_password_are_told_without_secrets(secure_node):
    with open_index(secure_node.url) as index, pytest.raises(IndexUnavailable, match="RASID_INDEX_CA") as caught:
        index.count()
    assert "only-on-loopback" not in str(caught.value)
    wrong = secure_node.url.replace("only-on-loopback", "sesame")
    with (
        open_index(wrong, ServerOptions(ca=secure_node.ca)) as index,
        pytest.raises(IndexUnavailable, match="denies access") as caught,
    ):
        index.count()
    assert "sesame" not in str(caught.value)


def test_the_owner_makes_the_index_and_the_writer_does_all_else(opened, admin, make):
    assert opened("rasid-owner").count() == 0
    writer = opened("rasid-writer")
    assert writer.write([make("a", title="الماء"), make("b", title="الكهرباء")]).stored == 2
    writer.refresh()
    assert writer.search(Query(text="ماء")).total == 1
    assert [document.id for document in writer.scan(Query(text="ماء"))] == ["a"]
    assert writer.get("b").title == "الكهرباء"
    assert writer.delete(["b"]) == 1
    admin.indices.create(index="payroll")
    try:
        with pytest.raises(IndexUnavailable, match="denies access"), writer.rebuilt():
            pass
        key = writer._client.options()
        assert key.options(ignore_status=403).search(index="payroll").meta.status == 403
    finally:
        admin.indices.delete(index="payroll")


def test_the_owner_rebuilds_behind_the_alias_and_drops_the_old_one(opened, make):
    owner = opened("rasid-owner")
    owner.write([make("a", title="الماء")])
    owner.refresh()
    with owner.rebuilt() as filled:
        filled.write([make("b", title="الماء")])
        assert [hit.document.id for hit in owner.search(Query(text="ماء")).hits] == ["a"]
    assert [hit.document.id for hit in owner.search(Query(text="ماء")).hits] == ["b"]
    assert owner.old() == ("rasid-items-v2",)
    assert owner.drop_old() == ("rasid-items-v2",)
    assert owner.old() == ()


def test_the_reader_searches_and_changes_nothing(opened, make):
    owner, reader = opened("rasid-owner"), opened("rasid-reader")
    owner.write([make("a", title="الماء")])
    owner.refresh()
    assert reader.search(Query(text="ماء")).total == 1
    with pytest.raises(IndexUnavailable, match="denies"):
        reader.write([make("b", title="الماء")])
    with pytest.raises(IndexUnavailable, match="denies"):
        reader.delete(["a"])
    reader._unseen = False
