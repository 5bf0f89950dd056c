"""The shapes of the API: what it takes and what it gives, checked and described from the same classes."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

Hand = Literal["left", "right"]
Unit = Literal["kg", "lb", "kPa"]
Symptom = Literal[
    "cramps", "twitching", "tiredness", "cold", "wrist_drop", "finger_drop", "foot_drop", "something_new"
]
Rating = Annotated[
    int, Field(ge=0, le=4, description="4 like my best, 3 a little less, 2 much less, 1 hardly any, 0 none")
]
Number = Annotated[Decimal, PlainSerializer(float, return_type=float)]
PublicId = Annotated[str, Field(max_length=32)]


class Strict(BaseModel):
    """Unknown fields are refused, so that a typing mistake is not lost in silence; `true` and "3" are no numbers."""

    model_config = ConfigDict(extra="forbid", strict=True)


class GripIn(Strict):
    """One try of one hand: a number with its unit, or `cannot`."""

    hand: Hand
    value: Number | None = Field(default=None, description="left out with answer `cannot`")
    unit: Unit | None = None
    answer: Literal["number", "cannot"] = "number"


class TaskIn(Strict):
    """How one marker task went with one hand."""

    task: PublicId
    hand: Hand
    answer: Literal["easy", "with_effort", "cannot"]


class CheckInIn(Strict):
    """A check-in to record; at least one answer."""

    circle: PublicId | None = Field(default=None, description="may be left out with only one circle")
    client_id: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    on: date | None = Field(default=None, description="local date; today when left out")
    left_rating: Rating | None = None
    right_rating: Rating | None = None
    grip: Annotated[list[GripIn], Field(max_length=6)] = []
    tasks: Annotated[list[TaskIn], Field(max_length=12)] = []
    symptoms: Annotated[list[Symptom], Field(max_length=8)] = []
    note: Annotated[str, Field(max_length=4000)] | None = None


class GripOut(BaseModel):
    """One stored try."""

    id: str
    hand: Hand
    answer: Literal["number", "cannot"]
    value: Number | None
    unit: Unit | None


class TaskOut(BaseModel):
    """One stored answer about a marker task."""

    task: str
    hand: Hand
    answer: Literal["easy", "with_effort", "cannot"]


class CheckInOut(BaseModel):
    """A stored check-in. `note` is null for members who may not see notes."""

    id: str
    on: date
    recorded_at: datetime
    tz: str
    left_rating: Rating | None
    right_rating: Rating | None
    repeated: bool
    grip: list[GripOut]
    tasks: list[TaskOut]
    symptoms: list[Symptom]
    note: str | None


class CheckInList(BaseModel):
    """Check-ins of a range of local dates, newest first."""

    circle: str
    check_ins: list[CheckInOut]


class Saved(BaseModel):
    """What a creating call is answered, also when it is sent again."""

    client_id: str | None
    id: str
    url: str
    message: str


class InfusionDayOut(BaseModel):
    """One day of an infusion."""

    id: str
    number: int
    planned_on: date
    starts_at: datetime | None
    tz: str
    state: Literal["planned", "done", "partial", "skipped", "unknown"]
    given_on: date | None
    grams_given: Number | None


class InfusionOut(BaseModel):
    """One planned or given course."""

    id: str
    first_on: date
    certainty: Literal["booked", "expected"]
    moved_from_on: date | None
    product: str | None
    route: Literal["IV", "SC"] | None
    place: str | None
    days: list[InfusionDayOut]


class InfusionList(BaseModel):
    """Infusions that begin in a range of local dates, oldest first."""

    circle: str
    infusions: list[InfusionOut]


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str
    message: str


class Problem(BaseModel):
    """What happened and what to do."""

    error: str
    advice: str
    status: int
    fields: list[FieldProblem] = []


class DateRange(Strict):
    """A range of local dates in the query; both ends belong to it."""

    model_config = ConfigDict(extra="ignore", strict=False, populate_by_name=True)

    first_on: date | None = Field(default=None, alias="from")
    last_on: date | None = Field(default=None, alias="to")
