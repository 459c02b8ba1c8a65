"""Errors of the sample newsroom.

RasidError
└── DemoError
    ├── ContentError   a file of service/demo/content/ is not what it must be
    └── PortTaken      the newsroom cannot listen on its port
"""

from __future__ import annotations

from service.errors import RasidError


class DemoError(RasidError):
    """Base of what goes wrong with the sample newsroom."""


class ContentError(DemoError):
    """Raised on loading the outlets; names the file and the fields at fault."""


class PortTaken(DemoError):
    """Raised on starting the newsroom; nothing is served then."""
