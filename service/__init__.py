"""Who uses it: the database, the worker, the desk, the mails and the command line that join the three libraries."""

__version__ = "0.1.0"
