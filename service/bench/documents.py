"""Generated Documents that load an index as two years of Iraqi news would: the same ones for the same seed.

The vocabulary follows Zipf's law: Lucene's stop words at its head, then words of the news (each with its proclitics
and suffixes, as Arabic writes them), then some 60,000 forms made from synthetic roots and patterns. Facets follow
plausible shares: one item in nine an appeal or a complaint, a third of the items from Baghdad, more in the last months.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from index import Document

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NEWEST = datetime(2026, 6, 30, 20, 0, tzinfo=UTC)
"""Published time of the newest generated Document; the oldest is `SPAN` before it."""

SPAN = timedelta(days=730)

_GRAMMAR = """
في من على إلى أن عن مع ما لا هذا التي الذي بين بعد كما كان خلال قد لم كل هو هي إن منذ أو ثم قبل ذلك هذه حيث غير بعض ضمن
"""

_NEWS = """
العراق محافظة وزارة المحافظة الحكومة بغداد اليوم العراقية العامة مجلس رئيس وزير المواطنين العمل مدينة مدير البلاد
الوزراء القانون الماضي عدد الأمن المشروع الخدمات المنطقة الماء الكهرباء المدينة الجهات دينار مليون المعنية الشعب
لجنة النواب أهالي قضاء ناحية مشروع دائرة الصحة التربية البصرة نينوى كربلاء النجف ميسان بابل واسط ديالى الأنبار
السماوة الديوانية الناصرية كركوك الموصل أربيل السليمانية دهوك ذي قار المثنى صلاح الدين مستشفى مدرسة طريق جسر شارع
محطة شبكة مياه الصرف الصحي انقطاع التيار ساعات التجهيز مولدة محولة نقص الأدوية الأطباء المرضى العلاج الدواء سرطان
كلى أطفال نازحين مخيم عودة تعويضات رواتب الموظفين العقود تعيين الخريجين البطالة التقاعد الرعاية الاجتماعية الأرامل
الأيتام الشهداء الفلاحين المزارعين الزراعة الري الجفاف ملوحة شط العرب دجلة الفرات الأهوار الثروة السمكية الحنطة
البذور الأسمدة الوقود البنزين الغاز النفط المصفى الحقل أسعار السوق الأسواق الدولار المصرف القروض السكن الأراضي
التجاوز العشوائيات إخلاء دور مجمع تبليط الشوارع المجاري النفايات التلوث البيئة النظافة البلدية المجلس المحلي
القائممقام المحافظ النائب مناشدة نناشد يناشدون نطالب طالب استغاثة مطالبات احتجاج تظاهرة اعتصام شكوى معاناة أزمة عاجل
حريق فيضان سيول زلزال انهيار غرق حادث وفاة إصابة اختطاف مفقود معتقل سجن محكمة قاضي شرطة جيش حدود منفذ مطار ميناء
قطار سائقين حافلات سيارة رخصة جواز بطاقة هوية وثائق جنسية ترحيل هجرة مهجرين عائلة عوائل قرية قرى حي سكنية طلبة جامعة
معلمين امتحانات كتب صفوف كرفانية أبنية ترميم إعمار استثمار مقاول شركة متلكئ تخصيص موازنة صرف مستحقات لقاح كورونا حمى
نزفية إسعاف صيدلية مختبر أجهزة سونار رنين كادر تمريض ولادة خدج حليب سلة غذائية تموينية طحين
"""

_PROCLITICS = ("و", "ب", "ل", "ف", "وب", "ول")
_ENCLITICS = ("ه", "ها", "هم", "نا", "ات", "ين", "ية", "ي", "ون")
_RADICALS = "بتجحخدرزسشصضطعغفقكلمنهوي"
_PATTERNS = (
    "{0}{1}{2}",
    "{0}ا{1}{2}",
    "م{0}{1}و{2}",
    "ت{0}{1}ي{2}",
    "{0}{1}ا{2}ة",
    "است{0}{1}ا{2}",
    "م{0}{1}{2}ة",
    "ان{0}{1}ا{2}",
    "{0}{1}ي{2}",
    "{0}و{1}{2}",
)

_OUTLETS = tuple((f"outlet-{number:02}", f"منفذ {number}", 1 / number) for number in range(1, 41))
_STANCES = (("none", 0.72), ("appeal", 0.07), ("complaint", 0.04), ("response", 0.03), ("mention", 0.14))
_URGENCIES = (("critical", 0.12), ("high", 0.33), ("normal", 0.55))
_STATES = (("new", 0.3), ("verified", 0.1), ("referred", 0.1), ("answered", 0.2), ("resolved", 0.2), ("rejected", 0.1))
_NEEDS = (
    "water",
    "electricity",
    "health",
    "education",
    "roads_transport",
    "sewage_environment",
    "housing_land",
    "jobs_salaries",
    "welfare_aid",
    "documents_administration",
    "security_justice",
    "missing_detained",
    "agriculture",
    "displacement",
    "prices_fuel",
    "other",
)
_GOVERNORATES = (
    "BG",
    "BA",
    "NI",
    "KA",
    "DQ",
    "NA",
    "AN",
    "DI",
    "KI",
    "QA",
    "MA",
    "BB",
    "WA",
    "SD",
    "AR",
    "SU",
    "MU",
    "DA",
    "HL",
)
_FACILITIES = (
    "health",
    "education",
    "municipal",
    "security",
    "water",
    "electricity",
    "justice",
    "transport",
    "roads_bridges",
    "housing",
)

COMMON_NEEDS = ("water", "electricity", "health", "education", "roads_transport", "housing_land")
COMMON_GOVERNORATES = ("IQ-BG", "IQ-BA", "IQ-NI", "IQ-KA", "IQ-DQ", "IQ-NA")
"""What measurements filter by: values that many Documents have."""

_ZIPF_OFFSET = 2.7
"""Mandelbrot's correction of Zipf's law for the commonest words."""

_TAIL = 60_000
_INFLECTED = 0.35
"""Share of news words that carry a proclitic or suffix."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words with their cumulative frequencies, the commonest first; `news` are those that editors search for."""

    words: tuple[str, ...]
    weights: tuple[float, ...]
    news: frozenset[str]
    tail: tuple[str, ...]


@cache
def vocabulary(seed: int = 1) -> Vocabulary:
    """Return the vocabulary of a seed."""
    chance = random.Random(seed)  # noqa: S311 - reproducible on purpose
    news = tuple(dict.fromkeys(_NEWS.split()))
    tail: dict[str, None] = {}
    while len(tail) < _TAIL:
        word = chance.choice(_PATTERNS).format(*chance.choices(_RADICALS, k=3))
        tail[_inflected(word, chance)] = None
    head = (*_GRAMMAR.split(), *news)
    words = tuple(dict.fromkeys((*head, *tail)))
    weights = tuple(itertools.accumulate(1 / (rank + _ZIPF_OFFSET) for rank in range(1, len(words) + 1)))
    return Vocabulary(words, weights, frozenset(news), words[len(head) :])


def documents(count: int, seed: int = 1) -> Iterator[Document]:
    """Yield `count` Documents, roughly in the order in which they were published, as a crawler brings them."""
    known = vocabulary(seed)
    chance = random.Random(seed + 1)  # noqa: S311 - reproducible on purpose
    for number in range(count):
        yield _document(number, count, known, chance)


def _document(number: int, count: int, known: Vocabulary, chance: random.Random) -> Document:
    # More is published every month: the age follows a power of the uniform share.
    age = SPAN * (1 - (number + 1) / count) ** 1.4 + timedelta(minutes=chance.uniform(0, 600))
    published = NEWEST - age
    stance = _pick(_STANCES, chance)
    asked = stance in ("appeal", "complaint")
    governorates = tuple(
        dict.fromkeys(_skewed(_GOVERNORATES, chance) for _ in range(chance.choice((0, 1, 1, 1, 2, 3))))
    )
    title = _words(known, chance, chance.randint(6, 12))
    length = min(1500, max(25, round(chance.lognormvariate(5.0, 0.6))))
    body = _paragraphs([*_words(known, chance, length), *title, *title[:4]], chance)
    url = f"https://example.org/news/{number:08}"
    outlet, name, _ = _OUTLETS[_place([share for *_, share in _OUTLETS], chance)]
    return Document(
        id=hashlib.sha256(url.encode()).hexdigest(),
        version=1,
        url=url,
        title=" ".join(title),
        body=body,
        outlet=outlet,
        outlet_name=name,
        published=published,
        fetched=published + timedelta(minutes=7),
        stance=stance,
        urgency=_pick(_URGENCIES, chance) if asked else "",
        needs=tuple(dict.fromkeys(_skewed(_NEEDS, chance) for _ in range(chance.choice((1, 1, 2))))) if asked else (),
        governorates=tuple(f"IQ-{code}" for code in governorates),
        primary=tuple(f"IQ-{code}" for code in governorates[:1]),
        facility_types=tuple(dict.fromkeys(_skewed(_FACILITIES, chance) for _ in range(chance.choice((0, 0, 1, 2))))),
        case=f"case-{number // 3}" if asked else "",
        case_state=_pick(_STATES, chance) if asked else "",
        group=f"group-{number // 2 if chance.random() < 0.3 else number}",
        analysis={"stance": stance, "appeals": []},
    )


def _words(known: Vocabulary, chance: random.Random, count: int) -> list[str]:
    chosen = chance.choices(known.words, cum_weights=known.weights, k=count)
    return [
        _inflected(word, chance) if word in known.news and chance.random() < _INFLECTED else word for word in chosen
    ]


def _inflected(word: str, chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.35:
        return f"{word}{chance.choice(_ENCLITICS)}"
    if kind < 0.6 or word.startswith("ال"):
        return f"{chance.choice(_PROCLITICS)}{word}"
    return f"ال{word}"


def _paragraphs(words: list[str], chance: random.Random) -> str:
    parts: list[str] = []
    start = 0
    while start < len(words):
        end = start + chance.randint(12, 40)
        parts.append(f"{' '.join(words[start:end])}.")
        start = end
    return "\n".join(parts)


def _pick(shares: Sequence[tuple[str, float]], chance: random.Random) -> str:
    return shares[_place([share for _, share in shares], chance)][0]


def _place(shares: list[float], chance: random.Random) -> int:
    return chance.choices(range(len(shares)), weights=shares)[0]


def _skewed(values: Sequence[str], chance: random.Random) -> str:
    return values[min(int(chance.expovariate(4 / len(values))), len(values) - 1)]
