"""Why a line of a label cannot be read, and what to do, in the reader's words."""

from flask_babel import gettext as _

from companion.domain.vial_labels import MOST_AT_ONCE, MOST_GRAMS, Label


def problem_words(label: Label) -> str:
    """The words of a problem: what is wrong, then what to type instead."""
    about, words = label.about, _words_of_codes()
    if label.problem == "two_lots":
        return str(_("%(lots)s: one lot or two? Write one without a space, two on two lines.", lots=about))
    if label.problem == "stray":
        return str(_("What is %(text)s? Write g behind grams, or leave it out.", text=about))
    if label.problem == "date_two_ways":
        return str(_("%(date)s can be two days. Put the year first, such as 2028-03-31.", date=about))
    if label.problem == "date_impossible":
        return str(_("%(date)s is no date. Please read the label again.", date=about))
    if label.problem == "glued_x":
        return str(_("%(text)s: put spaces around x if you mean how many bottles.", text=about))
    return words[label.problem]


def _words_of_codes() -> dict[str, str]:
    return {
        "no_lot": _("No lot number here. Type it as printed, often after LOT."),
        "no_lot_in_code": _("This code has no lot number. Type the lot from the label."),
        "code_unclear": _("This code cannot be read. Type the lot from the label."),
        "too_long": _("This line is too long for one bottle."),
        "date_year": _("Type the year with four digits, such as 03/2028."),
        "date_unclear": _("This date cannot be read. Type month and year, such as 03/2028."),
        "dates_two": _("Two dates stand here. Keep the one after EXP."),
        "grams_two": _("Two amounts stand here. Keep the grams of one bottle."),
        "grams_range": _("Type grams from 0.1 to %(most)s.", most=int(MOST_GRAMS)),
        "counts_two": _("Two counts stand here. Keep one, such as 4 x."),
        "count_range": _("Type a count from 1 to %(count)s.", count=MOST_AT_ONCE),
        "serials_two": _("Two serial numbers stand here. Put each bottle on its own line."),
        "serial_many": _("A serial number belongs to one bottle. Put each on its own line."),
    }


def check_words(label: Label) -> str:
    """The question about a code whose parts ran together."""
    if label.serial:
        return str(
            _(
                "The code ran together. Is the lot %(lot)s, with serial number %(serial)s?",
                lot=label.lot,
                serial=label.serial,
            )
        )
    return str(_("The code ran together. Is the lot %(lot)s?", lot=label.lot))
