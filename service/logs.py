"""Logging of the long-running commands: one line an event to standard error, in UTC."""

import logging
import time

OURS = frozenset({"service", "crawler", "nlp", "index"})


def set_up(*, verbose: bool = False) -> None:
    """Log Rasid's own events, with `verbose` its details too, and what other libraries warn of."""
    handler = logging.StreamHandler()
    formatter = logging.Formatter("%(asctime)sZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    # a filter, since libraries such as Scrapy set the levels of loggers as they start
    handler.addFilter(lambda record: record.levelno >= logging.WARNING or record.name.partition(".")[0] in OURS)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.DEBUG if verbose else logging.INFO)
