from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.addresses import is_public


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_public_addresses_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::1",
        "2001:0:7f00:1::", "", "localhost",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public_are_refused_in_every_spelling(address):
    assert not is_public(address)


@given(
    st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="127.0.0.0/8") | st.ip_addresses(network="fc00::/7")
)
def test_no_private_network_is_public(address):
    assert not is_public(str(address))


CHILD = """
import json, socket, sys
from scrapy.utils.reactor import install_reactor
install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from crawler.addresses import GuardedResolver

request = json.loads(sys.argv[1])
answers = request["answers"]
if answers:
    socket.getaddrinfo = lambda *_: [(0, 0, 0, "", (address, 0)) for address in answers.pop(0)]
resolver = GuardedResolver(reactor, frozenset(request["allowed"]), 5.0)
resolver.install_on_reactor()
seen = []

class Receiver:
    def resolutionBegan(self, resolution): self.found = []
    def addressResolved(self, address): self.found.append(address.host)
    def resolutionComplete(self): pass

async def run():
    for host in request["hosts"]:
        try:
            answer = list(await resolver.lookup(host))
        except Exception as error:
            answer = type(error).__name__
        receiver = Receiver()
        reactor.nameResolver.resolveHostName(receiver, host)
        seen.append([answer, receiver.found])
    reactor.stop()

reactor.callWhenRunning(lambda: Deferred.fromCoroutine(run()))
reactor.run()
print(json.dumps(seen))
"""


def resolve(hosts, allowed=(), answers=()):
    """Return, for each host, what a look-up gave and what Twisted would have connected to."""
    request = json.dumps({"hosts": hosts, "allowed": list(allowed), "answers": list(answers)})
    child = subprocess.run(
        [sys.executable, "-c", CHILD, request], capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(child.stdout)


def test_literals_in_every_spelling_pass_the_guard():
    hosts = [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "0",
        "[::1]",
        "::ffff:127.0.0.1",
        "169.254.169.254",
        "LOCALHOST.",
    ]
    assert resolve(hosts) == [["PrivateAddressError", []]] * len(hosts)


def test_names_under_localhost_are_loopback_and_need_the_allowance():
    hosts = ["agency.localhost", "Agency.LOCALHOST.", "other.localhost"]
    assert resolve(hosts, allowed=["agency.localhost"]) == [
        [["127.0.0.1"], ["127.0.0.1"]],
        [["127.0.0.1"], ["127.0.0.1"]],
        ["PrivateAddressError", []],
    ]


def test_a_name_that_changes_its_address_is_connected_to_where_it_was_checked():
    rebinding = [["8.8.8.8"], ["127.0.0.1"]]
    assert resolve(["rebind.example", "rebind.example"], answers=rebinding) == [[["8.8.8.8"], ["8.8.8.8"]]] * 2


def test_of_several_addresses_only_the_public_are_given():
    assert resolve(["mixed.example"], answers=[["10.0.0.1", "8.8.8.8", "::1"]]) == [[["8.8.8.8"], ["8.8.8.8"]]]
