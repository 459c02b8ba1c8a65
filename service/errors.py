"""Errors of the service.

RasidError
├── SettingsError       a setting, or rasid.toml, is not what it must be
├── DatabaseError
│   ├── DatabaseUnavailable   it cannot be reached or stays locked: try later
│   ├── DatabaseOutdated      its schema is older or newer than this program's
│   ├── MoveRefused           one database cannot be moved into the other
│   └── BackupRefused         the database cannot be copied so, or the copy is not what it should be
├── SearchRefused      a search cannot be saved or changed so
├── AccountRefused     a user cannot be added or changed so
├── LoginRefused       a name and password do not fit, or too many did not
├── SubscriptionRefused a subscription cannot be kept so
├── DecisionRefused    a decision on a case, or a correction, cannot be taken so
│   └── Conflict       somebody else decided meanwhile: nothing was overwritten
├── BadCursor          a page of a list that there is not
├── CrawlFailed        the process of a crawl ended with a fault
├── MailRefused         the mail server refused a message for good (5xx)
└── MailDelayed         the mail server could not take it now (4xx, no connection)
"""

from datetime import timedelta


class RasidError(Exception):
    """Base of every error that a command prints on one line before it exits with status 1."""


class SettingsError(RasidError):
    """Raised on reading the settings; nothing has been started then."""


class DatabaseError(RasidError):
    """Base of what goes wrong with the database."""


class DatabaseUnavailable(DatabaseError):
    """Raised when the database cannot be opened or stays locked; what was begun is rolled back."""


class DatabaseOutdated(DatabaseError):
    """Raised on opening a database whose schema is not this program's; `rasid migrate` mends an older one."""


class MoveRefused(DatabaseError):
    """Raised by `rasid migrate --from --to`; the source is as it was."""


class BackupRefused(DatabaseError):
    """Raised by `rasid backup`; the database is as it was, and so is a file that was there."""


class SearchRefused(RasidError):
    """Raised before a saved search is written; `key` names the reason for interfaces."""

    def __init__(self, key: str, message: str) -> None:
        self.key = key
        super().__init__(message)


class AccountRefused(RasidError):
    """Raised before anything is written; the message says what would be accepted, `key` names the reason for pages."""

    def __init__(self, key: str, message: str) -> None:
        self.key = key
        super().__init__(message)


class LoginRefused(RasidError):
    """Raised by a login; `wait` is how long no other is tried, zero where one may be tried at once."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        super().__init__(f"wait {wait.total_seconds():.0f} s" if wait else "the name and the password do not fit")


class SubscriptionRefused(RasidError):
    """Raised before anything is written; `key` names the part of the subscription that is wrong."""

    def __init__(self, key: str, message: str) -> None:
        self.key = key
        super().__init__(message)


class DecisionRefused(RasidError):
    """Raised by triage and corrections before anything is written; `key` names the reason for interfaces."""

    def __init__(self, key: str, message: str) -> None:
        self.key = key
        super().__init__(message)


class Conflict(DecisionRefused):
    """Raised where the case's revision is not the one that the person saw; nothing was written."""

    def __init__(self, seen: int, held: int) -> None:
        self.seen, self.held = seen, held
        super().__init__("conflict", f"somebody decided meanwhile: revision {held}, not {seen}")


class BadCursor(RasidError):
    """Raised by lists for the cursor of another list, or for what never was one."""

    def __init__(self, cursor: str) -> None:
        super().__init__(f"this is no page of the list: {cursor[:80]!r}")


class CrawlFailed(RasidError):
    """Raised when the process of a crawl ended badly; what it had fetched is in the database."""


class MailRefused(RasidError):
    """Raised by the mailer's connection for a permanent answer; the message becomes a dead letter with the reason."""


class MailDelayed(RasidError):
    """Raised by the mailer's connection for a passing fault; the message is tried again later."""
