"""A browser at the desk: where it is served, and how one logs in."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI
from playwright.sync_api import BrowserContext

PASSWORD = "a long password"
"""Of every user of the tests' newsroom."""


def log_in(context: BrowserContext, address: str, name: str = "editor") -> None:
    """Log a browser in, as its user would."""
    page = context.new_page()
    page.goto(f"{address}/login?lang=en")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.locator("nav.sections").wait_for()
    page.close()


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve an application over HTTP on a free loopback port and give its address."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    app.state.stopping = lambda: server.should_exit
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server ended before it listened"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
