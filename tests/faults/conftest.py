"""A worker of its own process, a mail server that can misbehave, and people whose reminder is due now."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller

from companion.accounts.models import Account
from companion.circles.models import Circle
from companion.database import keyring, transaction
from companion.delivery.models import Delivery, DeliveryAttempt, Heartbeat, MailAddress
from companion.extensions import db
from companion.infusions import operations as infusions
from companion.reminders.models import ReminderRule
from tests import factories
from tests.faults.phones import Phones
from tests.fixtures import make_app
from tests.running import PATIENCE_SECONDS, MailSink, RunningApp, wait_until

_databases = iter(range(1, 1_000_000))
LEASE_SECONDS = 30
"""Longer than a busy machine keeps a worker from a message in its hands, or it would be sent twice for that alone."""


class Server(MailSink):
    """A mail server that may answer one recipient oddly; odd answers are used up one by one."""

    def __init__(self) -> None:
        super().__init__()
        self.odd: dict[str, list[str]] = {}
        self.seconds = 0.0
        self.drops = 0
        self.begun, self.holds = 0, False

    def start(self) -> None:
        """Listen, also once more after a stop."""
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        super().start()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        """Take a recipient, or give the next odd answer."""
        if self.odd.get(address):
            return self.odd[address].pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep a message, slowly or not yet where told, and perhaps lose the connection before answering."""
        self.begun += 1
        await asyncio.sleep(self.seconds)
        rounds = 0
        while self.holds:
            await asyncio.sleep(0.02)
            rounds += 1
            if rounds % 100 == 0:
                await server.push("250-not yet")  # or whoever waits would take us for dead
        answer = await super().handle_DATA(server, session, envelope)
        if self.drops:
            self.drops -= 1
            server.transport.abort()
        return answer

    def counts(self) -> Counter[str]:
        """How often each address got a mail."""
        return Counter(str(message["To"]) for message in self.messages)

    def ids_of(self, address: str) -> set[str]:
        """The Message-IDs that an address got."""
        return {str(message["Message-ID"]) for message in self.to(address)}


class Story:
    """The worker, the server, and what the database says."""

    def __init__(self, folder: Path, database_url: str | None) -> None:
        self.folder, self.database_url = folder, database_url
        self.server = Server()
        settings = {"COMPANION_DATABASE_URL": database_url} if database_url else {}
        self.worker = RunningApp(folder, self.server, COMPANION_LEASE_SECONDS=str(LEASE_SECONDS), **settings)
        self.app = make_app(folder / "data", database_url)

    def people(self, count: int) -> list[str]:
        """Patients whose infusion is tomorrow, so that one mail each is due now; gives their addresses."""
        return self.people_named(*(f"p{number}@example.org" for number in range(count)))

    def people_named(self, *addresses: str, now: datetime | None = None, tz: str = "UTC", **plan: Any) -> list[str]:
        """The same for these addresses; `plan` is what is special about their plan, at the place of `tz`."""
        now = now or self.worker.now()
        begins = (now + timedelta(hours=23)).astimezone(ZoneInfo(tz))
        with self.app.app_context(), transaction():
            for address in addresses:
                quiet = {"quiet_from": "00:00", "quiet_to": "00:00", "tz": "UTC"}
                patient = factories.account("P", address, **quiet)
                circle = factories.circle(patient=patient, tz=tz)
                usual = {"first_on": begins.date(), "interval_count": 4, "interval_unit": "week"}
                infusions.start_regimen(circle, now=now, **(usual | {"local_time": f"{begins:%H:%M}"} | plan))
        return list(addresses)

    def account_of(self, address: str) -> Account:
        """Whose mail address it is; inside a context of the application."""
        found = sa.select(MailAddress.account_id).where(MailAddress.email_hash == keyring().fingerprint(address))
        return db.session.get_one(Account, db.session.scalars(found).one())

    def circle_of(self, address: str) -> Circle:
        """The circle of a patient; inside a context of the application."""
        owner = self.account_of(address)
        return db.session.scalars(sa.select(Circle).where(Circle.patient_account_id == owner.id)).one()

    def caregiver(self, patient: str, address: str = "carer@example.org", **rule: Any) -> str:
        """Somebody in a patient's circle with a rule of their own; gives their address."""
        with self.app.app_context(), transaction():
            circle = self.circle_of(patient)
            made = factories.account("Carer", address, quiet_from="00:00", quiet_to="00:00", tz="UTC")
            factories.membership(circle, made, "manage_calendar")
            factories.add(
                ReminderRule(circle_id=circle.id, recipient_id=made.id, created_at=self.worker.now(), **rule)
            )
        return address

    def read(self, query: Any) -> list[Any]:
        """Rows, read afresh."""
        with self.app.app_context():
            return list(db.session.execute(query).all())

    def has_ticked(self) -> bool:
        """Whether the worker has looked once."""
        return bool(self.read(sa.select(Heartbeat.at).where(Heartbeat.name == "tick")))

    def ticks(self) -> None:
        """Wait until the worker has looked twice from now on, so that it knows all that is so now."""
        for _ in range(2):
            since = self.worker.now()
            looked = sa.select(Heartbeat.at).where(Heartbeat.name == "tick", Heartbeat.at > since)
            wait_until(lambda looked=looked: self.read(looked))

    def session_of(self, address: str) -> str:
        """The token of a signed-in browser."""
        with self.app.app_context(), transaction():
            return factories.session_token(self.account_of(address), self.worker.now())

    def close(self) -> None:
        """Let go of the database."""
        with self.app.app_context():
            db.engine.dispose()

    def states(self) -> Counter[str]:
        """How many of the mails that are due now are in each state."""
        return Counter(row[0] for row in self.read(sa.select(Delivery.state).where(Delivery.stage == "day_before")))

    def attempts(self) -> list[str | None]:
        """What came of each attempt, in order."""
        return [row[0] for row in self.read(sa.select(DeliveryAttempt.outcome).order_by(DeliveryAttempt.id))]

    def has_seen_it_is_too_late(self) -> bool:
        """Whether the worker has looked once and found a mail useless."""
        return bool(self.read(sa.select(Delivery.id).where(Delivery.too_late_since_at.is_not(None))))

    def bad_addresses(self) -> int:
        """How many addresses are marked."""
        return len(self.read(sa.select(MailAddress.id).where(MailAddress.bad_since_at.is_not(None))))

    def die_at(self, failpoint: str) -> None:
        """Start the worker, wait until it has killed itself at a named point, and until its leases have run out."""
        self.worker.environ["COMPANION_TEST_FAILPOINTS"] = failpoint
        self.worker.start("worker")
        assert self.worker.processes["worker"].wait(PATIENCE_SECONDS) == -9
        del self.worker.processes["worker"]
        del self.worker.environ["COMPANION_TEST_FAILPOINTS"]
        self.leases_run_out()

    def leases_run_out(self) -> None:
        """Move the clock on past all leases there are."""
        self.worker.move_to(self.worker.now() + timedelta(seconds=LEASE_SECONDS + 1))

    def settle(self, **wanted: int) -> None:
        """Wait until the mails that are due are in these states."""

        def done() -> bool:
            return self.states() == Counter(wanted)

        wait_until(done)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def story(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Story]:
    """A fresh database, a mail server that listens, and a worker that is not started yet."""
    shutil.copytree(request.getfixturevalue("empty_sqlite"), tmp_path / "data")
    url = request.getfixturevalue("fresh_postgres") if request.param == "postgresql" else None
    told = Story(tmp_path, url)
    told.server.start()
    yield told
    told.worker.stop()
    told.server.stop()
    told.close()


@pytest.fixture
def phones(story: Story) -> Iterator[Phones]:
    """The people of the story with phones; no message may have been one that a real service would refuse."""
    made = Phones(story)
    yield made
    problems = [problem for sink in made.sinks for problem in sink.problems]
    for sink in made.sinks:
        sink.stop()
    assert problems == []


@pytest.fixture
def fresh_postgres(postgres: str) -> Iterator[str]:
    """The address of a migrated PostgreSQL database of this test alone."""
    name = f"faults_{next(_databases)}"
    admin = sa.create_engine(postgres, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"create database {name} template template_app"))
    yield sa.make_url(postgres).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(sa.text(f"drop database {name} with (force)"))
    admin.dispose()
