"""One Arabic sentence for an appeal: who asks whom for what, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlp.analysis import Stance

NEED_NAMES = {
    "water": "توفير الماء",
    "electricity": "توفير الكهرباء",
    "health": "العلاج والدواء",
    "education": "معالجة مشكلة التعليم",
    "roads_transport": "إصلاح الطرق والنقل",
    "sewage_environment": "معالجة المجاري والتلوث",
    "housing_land": "السكن والأرض",
    "jobs_salaries": "التعيين والرواتب",
    "welfare_aid": "المساعدة والتعويض",
    "documents_administration": "إنجاز المعاملات والوثائق",
    "security_justice": "الحماية والإنصاف",
    "missing_detained": "كشف مصير المفقودين والمعتقلين",
    "agriculture": "دعم الزراعة",
    "displacement": "إنهاء معاناة النزوح",
    "prices_fuel": "معالجة الوقود والأسعار",
    "other": "معالجة مشكلتهم",
}
"""What each need is called in a summary."""

GOVERNORATE_NAMES = {
    "IQ-AN": "الأنبار",
    "IQ-AR": "أربيل",
    "IQ-BA": "البصرة",
    "IQ-BB": "بابل",
    "IQ-BG": "بغداد",
    "IQ-DA": "دهوك",
    "IQ-DI": "ديالى",
    "IQ-DQ": "ذي قار",
    "IQ-HL": "حلبجة",
    "IQ-KA": "كربلاء",
    "IQ-KI": "كركوك",
    "IQ-MA": "ميسان",
    "IQ-MU": "المثنى",
    "IQ-NA": "النجف",
    "IQ-NI": "نينوى",
    "IQ-QA": "القادسية",
    "IQ-SD": "صلاح الدين",
    "IQ-SU": "السليمانية",
    "IQ-WA": "واسط",
}
"""The official Arabic name of each governorate."""


def summarise(
    stance: Stance,
    who: tuple[str, ...],
    whom: tuple[str, ...],
    needs: tuple[str, ...],
    governorates: tuple[str, ...],
) -> str:
    """Put the parts into one sentence; what is unknown is left out."""
    people = " و".join(who[:2]) or "مواطنون"
    what = " و".join(NEED_NAMES[need] for need in needs[:2])
    place = f" في {' و'.join(GOVERNORATE_NAMES[code] for code in governorates[:3])}" if governorates else ""
    if stance == "complaint":
        return f"شكوى{place}: {people}، والحاجة: {what}."
    asked = f" من {' و'.join(whom[:2])}" if whom else ""
    return f"مناشدة{place}: {people}، والمطلوب{asked}: {what}."
