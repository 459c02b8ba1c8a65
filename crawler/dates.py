"""When something was published, read from what Iraqi outlets write."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from datetime import tzinfo

BAGHDAD: Final = ZoneInfo("Asia/Baghdad")
# Before it no Iraqi outlet was on the web; what lies there is a Hijri year or a broken clock.
EARLIEST: Final = datetime(1995, 1, 1, tzinfo=UTC)
AHEAD: Final = timedelta(days=1)

_DIGITS: Final = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_FOLD: Final = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ـ": "", "\u200f": "", "\u200e": ""})
_MARKS: Final = re.compile("[\u064b-\u0652\u0670]")

# Iraq writes the Syriac month names, its satellite channels and WordPress themes the Latin ones; both stand in many
# datelines at once (آب/اغسطس). Spelled as `_folded` leaves them.
_MONTHS: Final = {
    "كانون الثاني": 1, "كانون ثاني": 1, "يناير": 1, "january": 1, "jan": 1, "شباط": 2, "فبراير": 2, "february": 2,
    "feb": 2, "اذار": 3, "مارس": 3, "march": 3, "mar": 3, "نيسان": 4, "ابريل": 4, "april": 4, "apr": 4, "ايار": 5,
    "مايو": 5, "may": 5, "حزيران": 6, "يونيو": 6, "يونيه": 6, "june": 6, "jun": 6, "تموز": 7, "يوليو": 7, "يوليه": 7,
    "july": 7, "jul": 7, "اب": 8, "اغسطس": 8, "august": 8, "aug": 8, "ايلول": 9, "سبتمبر": 9, "september": 9,
    "sept": 9, "sep": 9, "تشرين الاول": 10, "تشرين اول": 10, "اكتوبر": 10, "october": 10, "oct": 10,
    "تشرين الثاني": 11, "تشرين ثاني": 11, "نوفمبر": 11, "november": 11, "nov": 11, "كانون الاول": 12,
    "كانون اول": 12, "ديسمبر": 12, "december": 12, "dec": 12,
}  # fmt: skip
_MONTH: Final = "|".join(sorted(_MONTHS, key=len, reverse=True))
_SEP: Final = r"[\s,،./|\-–]*"
_SECOND_NAME: Final = rf"(?:{_SEP}[(/]?\s*(?:{_MONTH})\s*\)?)?"
_FORMS: Final = (
    re.compile(r"(?<!\d)(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)"),
    re.compile(r"(?<!\d)(?P<d>\d{1,2})\s?[-/.]\s?(?P<m>\d{1,2})\s?[-/.]\s?(?P<y>\d{4})(?!\d)"),
    re.compile(rf"(?<!\d)(?P<d>\d{{1,2}}){_SEP}(?:من\s+)?\b(?P<n>{_MONTH})\b{_SECOND_NAME}{_SEP}(?P<y>\d{{4}})(?!\d)"),
    re.compile(rf"\b(?P<n>{_MONTH})\b{_SECOND_NAME}{_SEP}(?P<d>\d{{1,2}}){_SEP}(?P<y>\d{{4}})(?!\d)"),
)
_TIME: Final = re.compile(
    r"(?<![\d:])(?P<h>[01]?\d|2[0-3]):(?P<min>[0-5]\d)(?::(?P<s>[0-5]\d)(?:\.\d+)?)?(?!\d)"
    r"(?:\s*(?P<half>مساء|صباحا|ظهرا|عصرا|ليلا|فجرا|pm|am|p\.m|a\.m|[مص](?!\w)))?"
)
_OFFSET: Final = re.compile(
    r"(?:gmt|utc|[\d\s])(?P<sign>[+-])(?P<h>\d{2}):?(?P<m>[0-5]\d)(?!\d)|(?P<z>(?<=\d)z|\bgmt\b|\butc\b)"
)
_YEAR: Final = re.compile(r"\d{4}")
_RELATIVE: Final = re.compile(r"منذ|قبل|امس|اليوم|ago|yesterday|today")


@dataclass(frozen=True, slots=True)
class ReadDate:
    """A date as read: the moment in UTC, or None where it is absurd or unreadable, and the words as found."""

    moment: datetime | None
    raw: str


def read_date(raw: str, *, now: datetime | None = None) -> ReadDate:
    """Read a published time from a feed's, a page's or a dateline's words.

    RFC 3339, RFC 2822 and what Iraqi outlets write: `20-05-2024, 20:59`, «الاثنين 20 أيار 2024», «20 مايو 2024 08:59
    مساءً», in any digits; `منذ 3 ساعات` through dateparser, relative to `now`. A time without a zone is Baghdad's; a
    day alone is its midnight there. Of several dates in the words the first counts. What lies more than a day ahead of
    `now`, or before 1995, is dropped, its words kept.
    """
    words = " ".join(raw.split())[:200]
    now = now or datetime.now(UTC)
    try:
        moment = _standard(words) or _written(_folded(words)) or _relative(words, now)
        moment = moment.astimezone(UTC) if moment else None
    except (ValueError, OverflowError):
        moment = None
    if moment and not EARLIEST <= moment <= now + AHEAD:
        moment = None
    return ReadDate(moment, words)


def has_date(text: str) -> bool:
    """Return whether a full date, with its year, is written in `text`."""
    if not _YEAR.search(text):
        return False
    folded = _folded(text)
    return any(form.search(folded) for form in _FORMS)


def _folded(text: str) -> str:
    return _MARKS.sub("", text.translate(_DIGITS)).translate(_FOLD).lower()


def _standard(words: str) -> datetime | None:
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(words)
        except (ValueError, TypeError, IndexError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=BAGHDAD)
    return None


def _written(folded: str) -> datetime | None:
    for form in _FORMS:
        for match in form.finditer(folded):
            day = _day(match)
            if day:
                return _with_time(day, folded[: match.start()], folded[match.end() :])
    return None


def _day(match: re.Match[str]) -> datetime | None:
    found = match.groupdict()
    month = _MONTHS[found["n"]] if found.get("n") else int(found["m"])
    try:
        return datetime(int(found["y"]), month, int(found["d"]), tzinfo=BAGHDAD)
    except ValueError:
        return None


def _with_time(day: datetime, before: str, after: str) -> datetime:
    match = _TIME.search(after) or _TIME.search(before)
    if match is None:
        return day
    hour = int(match["h"])
    half = match["half"] or ""
    if half.startswith(("مساء", "ظهر", "عصر", "p", "م")) and hour < 12:
        hour += 12
    elif half.startswith(("صباح", "فجر", "a", "ص")) and hour == 12:
        hour = 0
    elif half.startswith("ليل") and 6 <= hour < 12:
        hour += 12
    zone = _zone(match.string[match.end() :])
    return day.replace(hour=hour, minute=int(match["min"]), second=int(match["s"] or 0), tzinfo=zone)


def _zone(rest: str) -> tzinfo:
    match = _OFFSET.search(f"0{rest}"[:24])
    if match is None:
        return BAGHDAD
    if match["z"]:
        return UTC
    shift = timedelta(hours=int(match["h"]), minutes=int(match["m"]))
    return timezone(-shift if match["sign"] == "-" else shift)


def _relative(words: str, now: datetime) -> datetime | None:
    if not _RELATIVE.search(_folded(words)) or len(words) > 60:
        return None
    from dateparser.date import DateDataParser  # noqa: PLC0415 - a third of a second, for the few sites that need it

    settings = {"RELATIVE_BASE": now.astimezone(BAGHDAD).replace(tzinfo=None), "DATE_ORDER": "DMY"}
    found = DateDataParser(languages=["ar", "en"], settings=settings).get_date_data(words.translate(_DIGITS)).date_obj
    return found.replace(tzinfo=BAGHDAD) if found else None
