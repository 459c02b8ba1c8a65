"""The sample newsroom: five invented outlets, their items and their troubles, served over HTTP on loopback."""

from __future__ import annotations

from service.demo.content import Item, Outlet, Reject, load_outlets
from service.demo.errors import ContentError, DemoError, PortTaken
from service.demo.expected import Expected
from service.demo.server import Newsroom

__all__ = [
    "ContentError",
    "DemoError",
    "Expected",
    "Item",
    "Newsroom",
    "Outlet",
    "PortTaken",
    "Reject",
    "load_outlets",
]
