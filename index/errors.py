"""Errors of the index.

RasidIndexError
├── IndexUnavailable   the file or server cannot be had now; the same call may succeed later
├── IndexBroken        what is stored cannot be read (wrong schema, damaged file): `rasid reindex` makes it again
├── BadQuery           a page size or cursor that no page gave; never the text that a person typed
├── BadIndexAddress    the setting that names the index cannot be understood
└── KibanaFailed       Kibana cannot be reached, or does not take what it is given
"""


class RasidIndexError(Exception):
    """Base of every error that the index raises."""


class IndexUnavailable(RasidIndexError):
    """Raised by every method when the file or server cannot be had; callers wait and repeat."""


class IndexBroken(RasidIndexError):
    """Raised when the stored schema is not this version's (on opening) or the file is damaged (whenever that is seen).

    The file is to be deleted and made again by `rasid reindex`.
    """


class BadQuery(RasidIndexError, ValueError):
    """Raised by `search` for a size out of range or a cursor that belongs to another query."""


class BadIndexAddress(RasidIndexError, ValueError):
    """Raised by `open_index` for a URL of an unknown kind."""


class KibanaFailed(RasidIndexError):
    """Raised where Kibana cannot be reached or refuses a request; the message says which and what to check."""
