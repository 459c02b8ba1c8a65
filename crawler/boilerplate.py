"""What stands around an article and is none of it: share bars, «اقرأ أيضا», calls to follow a channel, disclaimers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from crawler.pages import text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_MARKS: Final = re.compile("[\u064b-\u0652\u0670\u0640\u200c-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_FOLD: Final = str.maketrans("أإآىة", "اااي\u0647")

# All in the folded form: alif without hamza, yeh for alif maqsura, heh for teh marbuta.
_NETWORKS: Final = (
    "فيسبوك فيس تويتر واتساب واتس تلغرام تليغرام تيليجرام تليجرام تلكرام انستغرام انستكرام لينكدان لينكد بنترست ماسنجر"
    " فايبر facebook twitter whatsapp telegram linkedin messenger viber instagram pinterest"
)
_SHARE_LABELS: Final = "شارك مشاركه غرد تغريد تويت ايميل طباعه email print share tweet x عبر"
_READ_ALSO: Final = re.compile(
    r"[\W_]*(?:اقرا(?:ي|وا)? (?:ايضا|المزيد|كذلك)|شاهد (?:ايضا|المزيد)|طالع ايضا|قد يهمك|قد يعجبك|ربما يهمك"
    r"|(?:مواضيع|اخبار|مقالات|مواد|خبر|مقال|موضوعات) (?:ذات صله|مرتبطه|متعلقه|مشابهه|ذو صله)|ذات صله"
    r"|(?:المزيد من|اخر|احدث) الاخبار|الاكثر (?:قراءه|مشاهده|تصفحا|شيوعا)|اخبار اخري|من نفس القسم)(?!\w)"
)
_CHROME_LINES: Final = (
    (
        r"(?:شارك(?:ها|نا|ه)?|مشاركه|انشر|ارسل|طباعه|اطبع|نسخ الرابط|رابط مختصر)"
        r"(?:[\W_]+(?:الخبر|المقال|الموضوع|هذا|علي|عبر|مع|اصدقائك|الاصدقاء|صفحه|الي|صديق|الرابط|في|مواقع|التواصل"
        r"|الاجتماعي))*"
    ),
    (
        r"(?:[\W_]*(?:فيس بوك|واتس اب|لينكد ان|البريد الالكتروني|copy link|"
        rf"{'|'.join((_NETWORKS + ' ' + _SHARE_LABELS).split())})(?!\w))+"
    ),
    r"(?:عدد )?(?:المشاهدات|مشاهدات|القراءات|المشاهده|الزيارات|الزوار|قراءه|مشاهده)[\W_]*\d*",
    r"\d+ (?:مشاهده|قراءه|زياره|مشاهدات|تعليق(?:ات)?)",
    r"(?:اترك|اضف|اكتب) (?:تعليقا?|ردا?)(?: .{0,60})?",
    r"التعليقات(?: \d+| مغلقه)?|لا توجد تعليقات|(?:تكبير|تصغير|حجم) الخط",
    r"الوسوم|(?:ال)?كلمات (?:ال)?(?:مفتاحيه|دلاليه)|tags|جميع الحقوق محفوظه.{0,80}|الرئيسيه",
    r"(?:الخبر )?(?:السابق|التالي)|اعلان(?:ات)?|advertisement",
    r"(?:ال)?(?:عوده|رجوع) (?:الي )?(?:الصفحه )?(?:الرئيسيه|للرئيسيه|الاعلي|الخلف)",
)
_CHROME_LINE: Final = re.compile(rf"[\W_]*(?:{'|'.join(_CHROME_LINES)})[\W_]*")
# At the beginning of a line only: «تابعوا تطبيق القرار» is news.
_CALL: Final = re.compile(
    r"[\W_]*(?:لمتابعه|تابعونا|تابعنا|اشترك(?:وا)?|انضم(?:وا)?|للاشتراك|يمكنكم متابعتنا|كن اول من"
    r"|حمل(?:وا)? (?:ال)?تطبيق)(?!\w).{0,80}(?:قنا(?:ه|تنا)|نشرتنا|التطبيق|تطبيقنا|صفح(?:ه|تنا)|منصاتنا|google|"
    rf"{'|'.join(_NETWORKS.split())})"
)
_DISCLAIMER: Final = re.compile(
    r"(?:الاراء|المقالات|التعليقات|ما ينشر|المقال)[^.]{0,80}"
    r"(?:لا تعبر|لا يعبر|تعبر عن راي (?:كاتب|اصحاب)|لا تمثل|لا يمثل)"
    r"|(?:ارشادات|شروط) (?:الاستخدام|النشر|التعليق)|سياسه الخصوصيه|حقوق (?:النشر|الطبع) محفوظه|all rights reserved"
)

# Whole words of class names and ids.
_CHROME_NAMES: Final = (
    r"shar(?:e|ing|er) social addtoany sharedaddy addthis related relatedposts breadcrumbs? comments-area"
    r" comment-respond respond newsletter subscribe tags-links post-tags article-tags tagcloud sidebar most-?read"
    r" popular trending ticker copyrights? cookie banner advert\w* ads? author-box prev-?next pagination navigation"
    r" read-?also see-?also more-?news"
)
_CHROME_CLASS: Final = re.compile(rf"(?:^|[\s_-])(?:{'|'.join(_CHROME_NAMES.split())})(?:$|[\s_-])", re.IGNORECASE)
_NEVER: Final = frozenset({"html", "body", "main", "article"})
_HEADINGS: Final = frozenset(
    {"h1", "h2", "h3", "h4", "h5", "h6", "p", "div", "span", "strong", "b", "a", "li", "em", "label"}
)
_SENTENCE: Final = 60  # characters: a paragraph of so many is no label
_MAX_CHROME: Final = 600  # characters: a block that says more than this is not removed for its class alone


def fold(text: str) -> str:
    """Return the words of a text in the form in which boilerplate is recognised."""
    return " ".join(_MARKS.sub("", text).translate(_FOLD).lower().split())


def prune(tree: HtmlElement) -> None:
    """Take what is named as chrome, and «اقرأ أيضا» with its links, out of a page, in place."""
    doomed: list[HtmlElement] = []
    for element in tree.iter(*_NAMED):
        names = f"{element.get('class') or ''} {element.get('id') or ''}"
        if len(names) > 1 and _CHROME_CLASS.search(names) and _is_chrome(element):
            doomed.append(element)
    for element in doomed:
        _drop(element)
    for element in [found for found in tree.iter(*_HEADINGS) if _READ_ALSO.match(fold(found.text or ""))]:
        _drop_read_also(element)


def cut_before_title(tree: HtmlElement, title: str) -> None:
    """Take out what stands before the page's headline, where that is found once and most of the text follows it."""
    wanted = fold(title)
    heads = [head for head in tree.iter("h1") if fold(text_of(head)) == wanted]
    if len(heads) != 1:
        return
    before = [
        sibling for step in (heads[0], *heads[0].iterancestors()) for sibling in step.itersiblings(preceding=True)
    ]
    before = [element for element in before if isinstance(element.tag, str) and element.tag != "head"]
    if 2 * sum(len(text_of(element)) for element in before) < len(text_of(tree)):
        for element in before:
            element.drop_tree()


def kept_lines(lines: list[str]) -> list[str]:
    """Return the paragraphs of an article without those that are boilerplate, and without what follows its end."""
    kept: list[str] = []
    for line in lines:
        folded = fold(line)
        if not folded or _is_menu(folded) or all(_CHROME_LINE.fullmatch(part) for part in folded.split("|")):
            continue
        if len(folded) < 300 and (_READ_ALSO.match(folded) or _CALL.match(folded)):
            continue
        kept.append(line)
    while len(kept) > 1 and len(kept[-1]) < 700 and _DISCLAIMER.search(fold(kept[-1])):
        kept.pop()
    return kept


_NAMED: Final = ("div", "section", "ul", "ol", "aside", "p", "span", "table", "nav", "footer", "form", "header")


def _is_menu(line: str) -> bool:
    """Return whether a line is a row of short labels between bars."""
    labels = line.split("|")
    return len(labels) >= 4 and len(line) < 25 * len(labels)


def _is_chrome(element: HtmlElement) -> bool:
    """Return whether a block named as chrome is that: themes give an article's own wrapper such names too."""
    if element.find(".//h1") is not None:
        return False
    if _link_share(element) > 0.6:
        return True
    if len(text_of(element)) > _MAX_CHROME:
        return False
    return not any(len(text_of(paragraph)) >= _SENTENCE for paragraph in element.iter("p"))


def _link_share(element: HtmlElement) -> float:
    """Return the share of an element's words that stand in links."""
    total = len(text_of(element))
    return sum(len(text_of(link)) for link in element.iter("a")) / total if total else 0.0


def _drop_read_also(element: HtmlElement) -> None:
    """Drop «اقرأ أيضا» with what it announces: the rest of its own block, or the links that follow it."""
    while (
        (parent := element.getparent()) is not None and parent.tag not in _NEVER and text_of(parent) == text_of(element)
    ):
        element = parent
    following = element.getnext()
    if len(text_of(element)) > 250:
        return
    parent = element.getparent()
    if parent is not None and parent.tag in _HEADINGS and len(text_of(parent)) <= 250 and _link_share(parent) > 0.4:
        _drop(parent)
        return
    while following is not None and isinstance(following.tag, str) and _link_share(following) > 0.6:
        after = following.getnext()
        _drop(following)
        following = after
    _drop(element)


def _drop(element: HtmlElement) -> None:
    if element.getparent() is not None and element.tag not in _NEVER:
        element.drop_tree()
