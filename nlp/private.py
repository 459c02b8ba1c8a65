"""What is private in a text: telephone, identity and account numbers, and the names of private persons in appeals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nlp.analysis import Private
from nlp.privacy import private_spans

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlp.analysis import Entity

# Who bears a public office or speaks in public is named in the news by name; titles stand before the name, or the
# office between title and name: "النائب فلان", "مدير عام صحة ميسان فلان", "المتحدث باسم الوزارة فلان".
_OFFICE = re.compile(
    r"(?<!\w)(?:[وفبل]|لل|ال|وال)*(?:محافظ|نائب|نائبة|نواب|وزير|وزيرة|مدير|مديرة|رئيس|رئيسة|قائممقام|قائم مقام|أمين|"
    r"امين|متحدث|ناطق|عضو|عضوة|قائد|لواء|عميد|عقيد|مقدم|رائد|فريق|ضابط|قاضي|القاضي|شيخ|سماحة|مرجع|سيد|إمام|امام|"
    r"خطيب|نقيب|نقيبة|مستشار|سفير|مفوض|زعيم|مسؤول|معاون|وكيل|ممثل|رئاسة|محلل|باحث|خبير|إعلامي|صحفي|مراسل|كاتب|"
    r"مدرب|لاعب|فنان|ملك|أمير|السوداني|الشهيد)\w*(?!\w)"
)
_BEFORE = 60
_SENTENCE_END = re.compile(r"[.!؟?\n:؛]")
# A shorter piece is no name.
_LEAST_LETTERS = 3


def private_parts(text: str, entities: Iterable[Entity], *, asking: bool) -> tuple[Private, ...]:
    """Return what others must mask, in order: numbers always, persons' names only where somebody asks or suffers.

    A person is private unless an office or a public calling stands before the name.
    """
    found = [Private(span.text, span.start, span.end, "number") for span in private_spans(text)]
    if asking:
        found += [
            Private(entity.text, entity.start, entity.end, "person")
            for entity in entities
            if entity.label == "PER" and len(entity.text) >= _LEAST_LETTERS and not _public(text, entity)
        ]
    kept: list[Private] = []
    for one in sorted(found, key=lambda span: (span.start, -span.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return tuple(kept)


def _public(text: str, entity: Entity) -> bool:
    front = text[max(0, entity.start - _BEFORE) : entity.start]
    return bool(_OFFICE.search(_SENTENCE_END.split(front)[-1]))
