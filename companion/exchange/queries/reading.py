"""The part of an export for people: what matters most as tables in plain words, and the way to all the rest."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy.engine import Connection

from companion.exchange.queries.catalogue import ACCOUNT, CIRCLE, Kind
from companion.exchange.queries.rows import Part, Row, photo_ids
from companion.exchange.words import TITLES, amount, coded, shown
from companion.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the page: its title, the heads of its columns, and its rows, read only while they are written."""

    title: str
    heads: tuple[str, ...]
    rows: Iterator[list[str]]


@dataclass(frozen=True, slots=True)
class Reading:
    """One part of an export as its page shows it."""

    part: Part
    connection: Connection
    ring: Keyring

    def facts(self) -> list[tuple[str, str]]:
        """Who or what this is about."""
        if self.part.name == ACCOUNT:
            account = next(self._rows("accounts"))
            mails = [row["email"] for row in self._rows("mail_addresses")]
            return [(_("Name"), shown(account["name"])), (_("Email address"), shown(", ".join(mails)))]
        circle = next(self._rows("circles"))
        return [
            (_("The patient"), shown(circle["patient_name"] or self._names().get(circle["patient_account_id"]))),
            (_("Year of birth"), shown(circle["birth_year"])),
            (_("Home"), shown(circle["country"])),
            (_("Time zone"), circle["tz"]),
        ]

    def tables(self) -> Iterator[Table]:
        """The tables that a person reads."""
        for title, heads, rows in self._account_tables() if self.part.name == ACCOUNT else self._circle_tables():
            yield Table(title, heads, rows)

    def photos(self) -> list[str]:
        """The public ids of all photos."""
        if self.part.name == ACCOUNT:
            return []
        return [ident for _number, ident in photo_ids(self.connection, self.part.ident)]

    def files(self) -> list[tuple[str, str]]:
        """Every CSV file: what it holds and where it lies."""
        return [(str(TITLES[kind.table]), f"csv/{self.part.folder}/{kind.table}.csv") for kind in self.part.kinds]

    def _rows(self, table: str) -> Iterator[Row]:
        return self.part.rows(self.connection, self.ring, self._kind(table))

    def _kind(self, table: str) -> Kind:
        return next(kind for kind in self.part.kinds if kind.table == table)

    def _names(self) -> dict[str, str | None]:
        return {row["id"]: row["name"] for row in self.part.people(self.connection, self.ring)}

    def _table(
        self, name: str, heads: Iterable[str], line: Callable[[Row], list[str]], title: str = ""
    ) -> tuple[str, tuple[str, ...], Iterator[list[str]]]:
        found = (line(row) for row in self._rows(name) if not _is_gone(row))
        return title or str(TITLES[name]), tuple(heads), found

    def _account_tables(self) -> Iterator[tuple[str, tuple[str, ...], Iterator[list[str]]]]:
        yield self._table(
            "account_sessions",
            (_("Device"), _("From"), _("Last used")),
            lambda row: [shown(row["device"]), _moment(row["created_at"]), _moment(row["last_seen_at"])],
        )
        yield self._table(
            "push_subscriptions",
            (_("Device"), _("From")),
            lambda row: [shown(row["device_name"]), _moment(row["created_at"])],
        )
        yield self._table(
            "deliveries",
            (_("When"), _("What"), _("Way"), _("State")),
            lambda row: [_moment(row["due_at"]), row["stage"], row["channel"], row["state"]],
        )

    def _circle_tables(self) -> Iterator[tuple[str, tuple[str, ...], Iterator[list[str]]]]:
        names, courses, lots = self._names(), self._courses(), self._lots()
        yield self._table(
            "memberships",
            (_("Name"), _("Rights"), _("From")),
            lambda row: [
                shown(names.get(row["account_id"])),
                coded("preset", row["preset"]),
                _moment(row["created_at"]),
            ],
        )
        yield self._table(
            "contacts",
            (_("Whom"), _("Name"), _("Phone"), _("Note")),
            lambda row: [coded("contact", row["kind"]), *(shown(row[one]) for one in ("name", "phone", "note"))],
        )
        yield self._table(
            "infusion_days",
            (_("Day"), _("State"), _("Product"), _("Amount"), _("Lots"), _("Place"), _("Note")),
            lambda row: _infusion_line(row, courses, lots),
            title=str(TITLES["infusions"]),
        )
        yield self._table(
            "reactions",
            (_("Day"), _("What"), _("How bad"), _("Note")),
            lambda row: [
                row["started_on"],
                coded("reaction", row["kinds"]),
                coded("severity", row["severity"]),
                shown(row["what"]),
            ],
        )
        yield self._table("check_ins", (_("Day"), _("Left hand"), _("Right hand"), _("Signs"), _("Note")), _check_in)
        yield self._table(
            "measurements",
            (_("Day"), _("What"), _("Hand"), _("Value")),
            lambda row: [
                row["on"],
                coded("measured", row["kind"]),
                coded("hand", row["hand"]),
                _("cannot") if row["answer"] == "cannot" else amount(row["value"], row["unit"]),
            ],
        )
        yield self._table(
            "visits",
            (_("Day"), _("What"), _("State"), _("Place"), _("Note")),
            lambda row: [
                row["planned_on"],
                row["title"] or coded("visit", row["kind"]),
                coded("state", row["state"]),
                shown(row["place"]),
                shown(row["note"]),
            ],
        )
        yield self._table(
            "weights", (_("Day"), _("Weight")), lambda row: [row["on"], amount(row["weight_kg"], _("kg"))]
        )

    def _courses(self) -> dict[str, Row]:
        """What the days of a course share: one short entry for each infusion there ever was."""
        return {
            row["id"]: {name: row[name] for name in ("product", "place", "note", "cancelled_at")}
            for row in self._rows("infusions")
        }

    def _lots(self) -> dict[str, list[str]]:
        lots: dict[str, list[str]] = {}
        for row in self._rows("vials"):
            if not _is_gone(row):
                lots.setdefault(row["infusion_day_id"] or row["infusion_id"], []).append(row["lot"])
        return lots


def _infusion_line(row: Row, courses: dict[str, Row], lots: dict[str, list[str]]) -> list[str]:
    course = courses[row["infusion_id"]]
    of_course = lots.get(row["infusion_id"], []) if row["number"] == 1 else []
    return [
        row["given_on"] or row["planned_on"],
        coded("state", "cancelled" if course["cancelled_at"] else row["state"]),
        shown(course["product"]),
        amount(row["grams_given"], _("g")),
        shown(", ".join(lots.get(row["id"], []) + of_course)),
        shown(course["place"]),
        shown(course["note"]),
    ]


def _check_in(row: Row) -> list[str]:
    hands = [coded("rating", row[f"{hand}_rating"]) for hand in ("left", "right")]
    return [row["on"], *hands, coded("symptom", row["symptoms"]), shown(row["note"])]


def _moment(text: str | None) -> str:
    """An instant as the page shows it: date and minute, in UTC."""
    return shown(text[:16].replace("T", " ") if text else None)


def _is_gone(row: Row) -> bool:
    return row.get("deleted_at") is not None


def heading_of(parts: Iterable[Part]) -> str:
    """What the whole export is called."""
    return _("Everything of your care circle") if any(one.name == CIRCLE for one in parts) else _("Your account")
