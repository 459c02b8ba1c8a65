"""Where it is found: Documents in, Pages of them out.

`open_index` gives an `Index`; the two kinds of it (one SQLite file, or an Elasticsearch) answer alike.
Importing this costs little: SQLite or the client is loaded when an index is opened.
"""

from index.address import ServerOptions, open_index
from index.document import Document
from index.errors import BadIndexAddress, BadQuery, IndexBroken, IndexUnavailable, RasidIndexError
from index.marking import mark
from index.percolating import percolate
from index.protocol import MAXIMUM_PAGE, Field, Hit, Index, Page, Query, Sort, Written

__all__ = [
    "MAXIMUM_PAGE",
    "BadIndexAddress",
    "BadQuery",
    "Document",
    "Field",
    "Hit",
    "Index",
    "IndexBroken",
    "IndexUnavailable",
    "Page",
    "Query",
    "RasidIndexError",
    "ServerOptions",
    "Sort",
    "Written",
    "mark",
    "open_index",
    "percolate",
]
