"""What the agenda, the month and a feed know of one date: an infusion day or a visit, seen from today."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from companion.calendar.models import CANCELLED, CONFIRMED, TENTATIVE
from companion.circles.models import Circle
from companion.database import keyring
from companion.infusions.models import BOOKED, EXPECTED, SKIPPED, InfusionDay
from companion.preparations.models import Duty
from companion.visits.models import DONE, PLANNED, Visit

INFUSION, VISIT = "infusion", "visit"
_FIRST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class InfusionRow:
    """A day of an infusion and what became of it."""

    circle: Circle
    day: InfusionDay
    today: date
    duties: tuple[Duty, ...] = ()

    kind = INFUSION

    @property
    def uid(self) -> str:
        """What names this date for good."""
        return self.day.public_id

    @property
    def on(self) -> date:
        """The real date where it is known, else the planned one."""
        return self.day.happened_on

    @property
    def starts_at(self) -> datetime | None:
        """The planned start; None where there is no time, or where the day was given on another date."""
        return self.day.starts_at if self.on == self.day.planned_on else None

    @property
    def ends_at(self) -> datetime | None:
        """The planned end, where it is known."""
        return self.day.ends_at if self.starts_at else None

    @property
    def state(self) -> str:
        """The answer, else unknown (past, not answered), today or planned."""
        return self.day.state_on(self.today)

    @property
    def certainty(self) -> str:
        """Booked by the clinic or expected by us."""
        return self.day.infusion.certainty

    @property
    def status(self) -> str:
        """What a calendar program is told: confirmed, tentative or cancelled."""
        if self.day.state == SKIPPED:
            return CANCELLED
        return TENTATIVE if self.certainty == EXPECTED and not self.day.is_answered else CONFIRMED

    @property
    def moved_from_on(self) -> date | None:
        """The date it had in the plan before someone moved it by hand; None once it was answered."""
        return None if self.day.is_answered else self.day.moved_from_on

    @property
    def facts(self) -> list[object]:
        """What else a feed may say of it."""
        course = self.day.infusion
        route = course.regimen.route if course.regimen else None
        duties = [(duty.role, duty.account_id, _digest(duty.name)) for duty in self.duties]
        return [self.day.number, len(course.days), course.shown_place, route, *duties]

    @property
    def edge(self) -> str:
        """The edge of the row: given, over without being given, our estimate, or booked."""
        if self.day.is_given:
            return "done"
        if self.day.is_answered:
            return "minor"
        return EXPECTED if self.certainty == EXPECTED else ""

    @property
    def mark(self) -> str:
        """The mark in the month picture."""
        if self.day.is_given:
            return "done"
        return "skipped" if self.day.is_answered else self.certainty

    @property
    def order(self) -> tuple[date, datetime, str, int]:
        """Where it stands in a list: by date, those without a time first."""
        return self.on, self.starts_at or _FIRST, self.kind, self.day.id


@dataclass(frozen=True)
class VisitRow:
    """A visit and what became of it. Its date was given by somebody, so it is booked."""

    circle: Circle
    visit: Visit
    today: date

    kind = VISIT
    certainty = BOOKED

    @property
    def uid(self) -> str:
        """What names this date for good."""
        return self.visit.public_id

    @property
    def on(self) -> date:
        """Its date."""
        return self.visit.planned_on

    @property
    def starts_at(self) -> datetime | None:
        """Its start; None where there is no time."""
        return self.visit.starts_at

    @property
    def ends_at(self) -> datetime | None:
        """Its end, where it is known."""
        return self.visit.ends_at

    @property
    def state(self) -> str:
        """Done or cancelled, else unknown (past, not answered), today or planned."""
        return self.visit.state_on(self.today)

    @property
    def status(self) -> str:
        """What a calendar program is told: confirmed or cancelled."""
        return CANCELLED if self.visit.is_cancelled else CONFIRMED

    @property
    def moved_from_on(self) -> date | None:
        """The date it had before someone moved it; None once it was answered."""
        return self.visit.moved_from_on if self.visit.state == PLANNED else None

    @property
    def facts(self) -> list[object]:
        """What else a feed may say of it."""
        return [self.visit.kind, _digest(self.visit.title), self.visit.place]

    @property
    def edge(self) -> str:
        """The edge of the row."""
        return "done" if self.visit.state == DONE else "minor"

    @property
    def mark(self) -> str:
        """The mark in the month picture."""
        return "done" if self.visit.state == DONE else BOOKED

    @property
    def order(self) -> tuple[date, datetime, str, int]:
        """Where it stands in a list: by date, those without a time first."""
        return self.on, self.starts_at or _FIRST, self.kind, self.visit.id


Row = InfusionRow | VisitRow


def _digest(sealed: str | None) -> str | None:
    """A keyed digest of a text that is kept sealed: a plain one could be guessed."""
    return keyring().fingerprint(sealed) if sealed else None
