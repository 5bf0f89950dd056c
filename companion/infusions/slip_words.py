"""The words of the slip that a nurse fills in by hand: each in both languages, for a nurse may read the other one."""

from flask_babel import force_locale
from flask_babel import lazy_gettext as _l

from companion.formatting import locale

SLIP_WORDS = {
    "title": _l("Infusion slip"),
    "why": _l("For the nurse: please copy each bottle from its label. Thank you."),
    "scan": _l("Or scan this, today only"),
    "date": _l("Date"),
    "start": _l("Start time"),
    "stop": _l("Stop time"),
    "who": _l("Given by"),
    "bottle": _l("Bottle"),
    "lot": _l("Lot number"),
    "expiry": _l("Use by"),
    "grams": _l("Grams"),
}


def in_both_languages() -> dict[str, tuple[str, str]]:
    """Each text in the language of the page, and in the other one."""
    here = {key: str(words) for key, words in SLIP_WORDS.items()}
    with force_locale("en" if str(locale()).startswith("zh") else "zh"):
        return {key: (here[key], str(words)) for key, words in SLIP_WORDS.items()}
