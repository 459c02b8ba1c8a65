"""Logging of the long-running commands: one line an event to standard error, in UTC."""

import logging
import time


def set_up(*, verbose: bool = False) -> None:
    """Log warnings and Rasid's own events; with `verbose` Rasid's details too."""
    handler = logging.StreamHandler()
    formatter = logging.Formatter("%(asctime)sZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in ("service", "crawler", "nlp", "index"):
        logging.getLogger(name).setLevel(logging.DEBUG if verbose else logging.INFO)
