"""The words that people read, in Arabic and English: names of values, counted nouns, times.

The words themselves stand in `service/labels/ar/` and `en/`, which an editor without Python can correct.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta

if TYPE_CHECKING:
    from collections.abc import Mapping

Language = Literal["ar", "en"]
Group = Literal[
    "stance",
    "urgency",
    "need",
    "facility_type",
    "governorate",
    "place_kind",
    "case_state",
    "case_filter",
    "case_due",
    "case_sort",
    "corrected",
    "reason",
    "reason_advice",
    "intake",
    "intake_advice",
    "why",
    "field",
    "sort",
    "mark",
    "column",
    "role",
    "theme",
    "digits",
    "language",
    "lifetime",
    "tells",
    "cadence",
    "weekday",
    "channel",
    "message_state",
    "action",
    "subject",
    "detail",
]
Digits = Literal["latn", "arab"]
"""Western digits, as Iraqi sites print them, or ٠١٢."""

BAGHDAD = ZoneInfo("Asia/Baghdad")

_LOCALES: Mapping[Language, str] = {"ar": "ar_IQ", "en": "en_GB"}
_DIRECTIONS: Mapping[Language, Literal["rtl", "ltr"]] = {"ar": "rtl", "en": "ltr"}
_EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_RELATIVE_DAYS = 7
"""Days after which "so long ago" says less than the date."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The words of one language.

    Attributes:
        language: "ar" or "en".
        direction: in which it is written, as the value of the HTML attribute `dir`.
        names: name of each value, by group and value.
        counts: plural forms by noun and CLDR plural category; "{n}" stands for the number.
        times: words and UTS 35 patterns for times.
        texts: all other strings of the interface.
        digits: in which numbers and times are written.

    """

    language: Language
    direction: Literal["rtl", "ltr"]
    names: Mapping[str, Mapping[str, str]]
    counts: Mapping[str, Mapping[str, str]]
    times: Mapping[str, str]
    texts: Mapping[str, str]
    digits: Digits = "latn"

    def name(self, group: Group, value: str) -> str:
        """Return what people call `value`; a value without a name shows itself. Raises KeyError for no such group.

        A piece of evidence for a need, `need:water`, is told as «حاجة: ماء».
        """
        if group == "why" and value.startswith("need:"):
            return f"{self.name('why', 'need')}: {self.name('need', value.removeprefix('need:'))}"
        return self.names[group].get(value, value)

    def text(self, key: str, **values: str) -> str:
        """Return an interface string, its "{…}" filled from `values`. Raises KeyError for an unknown key."""
        return self.texts[key].format(**values)

    def written(self, text: str) -> str:
        """Return a text of ours with its digits as the reader wants them."""
        return text.translate(_EASTERN) if self.digits == "arab" else text

    def count(self, noun: str, number: int) -> str:
        """Return the number with its noun in the form that agrees with it («منفذان»، «3 منافذ»، «11 منفذاً»).

        The form follows the CLDR plural rules. Raises KeyError for an unknown noun.
        """
        category = Locale.parse(_LOCALES[self.language]).plural_form(number)
        return self.counts[noun][category].format(n=self.number(number))

    def number(self, number: int) -> str:
        """Return the number in groups of three."""
        return self.written(f"{number:,}")

    def listed(self, group: Group, values: tuple[str, ...]) -> str:
        """Return the names of the values as one list («ماء، كهرباء»)."""
        return self.text("list_separator").join(self.name(group, value) for value in values)

    def ago(self, moment: datetime, now: datetime) -> str:
        """Return how long ago `moment` was («قبل 12 دقيقة»), or its date where that is a week ago or still to come.

        Both are aware datetimes. A clock a few minutes ahead of ours reads as now.
        """
        passed = now - moment
        if timedelta(minutes=-5) < passed < timedelta(minutes=1):
            return self.times["now"]
        if passed < timedelta(0) or passed >= timedelta(days=_RELATIVE_DAYS):
            return self.date(moment)
        unit = next(u for u in (timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)) if passed >= u)
        whole = unit * (passed // unit)
        return self.written(format_timedelta(-whole, threshold=1, add_direction=True, locale=_LOCALES[self.language]))

    def until(self, moment: datetime, now: datetime) -> str:
        """Return how long it is to `moment` («خلال 3 ساعات»), or how long ago it was."""
        left = moment - now
        if left < timedelta(minutes=1):
            return self.ago(moment, now)
        unit = next(u for u in (timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)) if left >= u)
        whole = unit * (left // unit)
        return self.written(format_timedelta(whole, threshold=1, add_direction=True, locale=_LOCALES[self.language]))

    def exact(self, moment: datetime) -> str:
        """Return weekday, date and time of an aware datetime in Baghdad."""
        return self.written(
            format_datetime(moment.astimezone(UTC), self.times["exact"], tzinfo=BAGHDAD, locale=_LOCALES[self.language])
        )

    def date(self, moment: datetime) -> str:
        """Return the date in Baghdad of an aware datetime."""
        return self.written(format_date(moment.astimezone(BAGHDAD), self.times["date"], locale=_LOCALES[self.language]))

    def day(self, value: str, now: datetime) -> str:
        """Return the name of a day given as YYYY-MM-DD («اليوم»، «الأحد 22 تشرين الثاني»); any other text as it is."""
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return value
        today = now.astimezone(BAGHDAD).date()
        if day == today:
            return self.times["today"]
        if day == today - timedelta(days=1):
            return self.times["yesterday"]
        pattern = self.times["day"] if day.year == today.year else self.times["date"]
        return self.written(format_date(day, pattern, locale=_LOCALES[self.language]))


def catalogue(language: Language) -> dict[str, dict[str, Any]]:
    """Return all that the files of a language hold, by section; files share sections, but no key."""
    merged: dict[str, dict[str, Any]] = {}
    for file in sorted((files("service") / "labels" / language).iterdir(), key=lambda file: file.name):
        for section, held in tomllib.loads(file.read_text(encoding="utf-8")).items():
            into = merged.setdefault(section, {})
            if twice := into.keys() & held.keys():  # [name.…] and [count.…] are tables too
                message = f"labels/{language}/{file.name}: [{section}] {sorted(twice)} stand in another file too"
                raise ValueError(message)
            into.update(held)
    return merged


@lru_cache(maxsize=2 * len(_LOCALES))
def labels(language: Language, digits: Digits = "latn") -> Labels:
    """Return the words of a language, read once."""
    raw = catalogue(language)
    return Labels(
        language=language,
        direction=_DIRECTIONS[language],
        names=raw["name"],
        counts=raw["count"],
        times=raw["time"],
        texts=raw["text"],
        digits=digits,
    )
