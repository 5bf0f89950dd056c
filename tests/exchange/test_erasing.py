"""Deletion: a week to take it back, then nothing of it is left in any table or file, also after a crash."""

import json
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from companion.accounts.models import Account, Submission
from companion.checkins.models import CheckIn
from companion.circles.models import Circle, Membership
from companion.circles.operations import accept_invitation, offer_keeping
from companion.clock import now
from companion.database import Base, JSONValue, keyring, transaction
from companion.deletion_list import ACCOUNT, CIRCLE, KEPT
from companion.delivery.channels.base import Outcome
from companion.delivery.models import LEASED, Delivery
from companion.delivery.operations import Lease, settle
from companion.domain.retry import ACCEPTED
from companion.exchange.models import Deletion
from companion.exchange.operations import deletions, sweeping
from companion.exchange.operations.listing import deletion_list
from companion.exchange.operations.notices import compose_notice
from companion.exchange.queries.belonging import OWN, names_account, tables
from companion.extensions import db
from companion.infusions.models import Infusion
from companion.preparations.models import PreparationChange
from companion.submissions import place_of_answer
from companion.trail.models import TrailHead
from companion.trail.operations import Walk, broken_chains
from tests import factories
from tests.exchange.filling import fill
from tests.fixtures import make_app
from tests.people import make_people
from tests.running import ROOT, RunningApp

WORD, SAMS_WORD = "canary-of-ana", "canary-of-sam"
WEEK = timedelta(days=7)
NOT_YET = frozenset({"deletions"})
THE_TRAIL = frozenset({"trail_heads", "trail_entries"})
"""The head of an erased circle stays, and in the trails of others the random id of an erased account."""


@pytest.fixture
def filled(people):
    """A row in each table for Ana's circle and for Sam's."""
    with transaction():
        fill(people.circle, people.ana, WORD, without=NOT_YET)
        fill(people.sams_circle, people.sam, SAMS_WORD, without=NOT_YET)
    return people


def in_a_week():
    return now() + WEEK + timedelta(minutes=1)


def everything():
    """All rows of all tables as text, by table."""
    return {
        table.name: [str(tuple(row)) for row in db.session.execute(sa.select(table))]
        for table in Base.metadata.sorted_tables
        if table.name not in THE_TRAIL
    }


def walked() -> Walk:
    """The trails that there are, all of them whole."""
    walk = Walk()
    assert list(broken_chains(walk)) == []
    return walk


def texts_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_column_that_names_an_account_says_what_becomes_of_its_row():
    for table in tables().values():
        for column in names_account(table):
            assert column.nullable or (table.name, column.name) in OWN, f"{column}: its row goes, or only the name?"
    assert {(table.name, column.name) for table in tables().values() for column in names_account(table)} >= OWN


# --- a circle ---


def test_nothing_of_an_erased_circle_is_left_in_any_table(filled, app):
    outbox = app.config["COMPANION"].outbox
    outbox.mkdir()
    (delivery,) = db.session.scalars(sa.select(Delivery).where(Delivery.circle_id == filled.circle.id))
    for ident in (
        delivery.public_id,
        db.session.scalar(sa.select(Delivery.public_id).where(Delivery.id != delivery.id)),
    ):
        (outbox / f"20261102T093000Z-{ident}.eml").write_text(f"mail of {ident}")
    circle_id, ident, before = filled.circle.id, filled.circle.public_id, everything()
    with transaction():
        place = place_of_answer(filled.ben.id, "kept")
        for key, named in (("named", ident), ("kept", filled.sams_circle.public_id)):
            body = keyring().lock(json.dumps({"location": f"/?circle={named}"}), place_of_answer(filled.ben.id, key))
            values = {"route": "/circle/weights", "body_hash": "", "status": 303, "at": now()}
            db.session.add(Submission(account_id=filled.ben.id, client_id=key, body=body, **values))
        deletions.ask_to_delete_circle(filled.circle, filled.ana, now())
    assert place
    assert deletions.carry_out(now() + WEEK - timedelta(minutes=1)) == 0
    assert everything()["check_ins"] == before["check_ins"]
    assert deletions.carry_out(in_a_week()) == 1
    assert sweeping.sweep(now())
    left = everything()
    assert not [row for rows in left.values() for row in rows if ident in row]
    for table in tables().values():
        for key in table.foreign_keys:
            if key.column.table.name == "circles":
                assert not list(db.session.scalars(sa.select(table).where(key.parent == circle_id))), table.name
    assert db.session.scalars(sa.select(TrailHead.circle_id).where(TrailHead.circle_public_id == ident)).one() is None
    assert walked().chains == 2
    for name in set(tables()) - {"change_marks", "submissions", "deletions"} - THE_TRAIL:
        of_ana = [row for row in before[name] if row not in left[name]]
        kept = [row for row in before[name] if SAMS_WORD in row]
        assert set(kept) <= set(left[name]), f"{name} of another circle stays"
        assert name not in ("check_ins", "vials", "deliveries", "infusions") or of_ana
    assert len(left["check_ins"]) == len(left["visits"]) == len(left["delivery_attempts"]) == 1
    assert {
        row.client_id for row in db.session.scalars(sa.select(Submission)) if row.account_id == filled.ben.id
    } == {"kept"}
    assert len(list(outbox.iterdir())) == 1
    assert filled.ana.name == "Ana", "the account stays"
    assert deletion_list().idents(CIRCLE) == {ident}
    assert deletions.carry_out(in_a_week()) == 0


def test_no_byte_of_it_is_left_in_the_data_folder(filled, app):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("the files of PostgreSQL are not in the data folder")
    folder, place = app.config["COMPANION"].data, "canary-place-of-ana"
    with transaction():
        for number in range(40):
            course = factories.infusion(filled.circle, place=f"{place}-{number}")
            course.place = f"{place}-{number}-changed"
    sealed = set(db.session.scalars(sa.select(CheckIn.note_sealed)))
    db.session.rollback()
    assert any(place.encode() in data for data in texts_in(folder).values())
    with transaction():
        deletions.ask_to_delete_account(filled.ana, now())
    sams_notes = set(db.session.scalars(sa.select(CheckIn.note_sealed).where(CheckIn.circle_id != filled.circle.id)))
    deletions.carry_out(in_a_week())
    assert sweeping.sweep(now())
    found = texts_in(folder)
    for word in (place, WORD, "ana@example.org", *(sealed - sams_notes)):
        assert [name for name, data in found.items() if word.encode() in data] == [], word
    assert any(SAMS_WORD.encode() in data for data in found.values())
    assert sweeping.sweep(now()), "nothing more to do"


def test_it_can_be_kept_and_only_by_whoever_asked(filled):
    with transaction():
        first = deletions.ask_to_delete_circle(filled.circle, filled.ana, now())
        again = deletions.ask_to_delete_circle(filled.circle, filled.ana, now() + WEEK)
        assert first is again
        ident = first.public_id
    with transaction():
        assert deletions.keep_everything(filled.ben, now()) == 0
        assert deletions.keep_everything(filled.ana, now()) >= 1
    assert deletions.carry_out(in_a_week()) == 0
    assert ident in deletion_list().idents(KEPT)
    with pytest.raises(deletions.NotKeeper), transaction():
        deletions.ask_to_delete_circle(filled.circle, filled.ben, now())


def test_an_older_copy_does_not_carry_out_what_was_taken_back(filled):
    with transaction():
        made = deletions.ask_to_delete_circle(filled.circle, filled.ana, now())
        values = {
            name: getattr(made, name) for name in ("public_id", "account_id", "circle_id", "asked_at", "due_at")
        }
    with transaction():
        deletions.keep_everything(filled.ana, now())
    with transaction():
        db.session.add(Deletion(**values))
    assert deletions.carry_out(in_a_week()) == 0
    assert db.session.get(Circle, filled.circle.id) is not None


def test_everybody_in_the_circle_is_told_unless_it_is_taken_back(people):
    with transaction():
        made = deletions.ask_to_delete_circle(people.circle, people.ana, now())
        query = sa.select(Delivery).where(Delivery.subject_kind == "deletion", Delivery.subject_id == made.id)
        mails = {one.recipient_id: compose_notice(one, now()) for one in db.session.scalars(query)}
        assert set(mails) == {people.ana.id, people.ben.id, people.vera.id}
        assert "Was it not you?" in mails[people.ana.id].text
        assert "Whoever keeps it asked for it." in mails[people.ben.id].text
        assert "Ana" not in mails[people.ben.id].text
        (told, *_rest) = db.session.scalars(query).all()
        deletions.keep_everything(people.ana, now())
        assert compose_notice(told, now()) is None


def test_a_circle_that_was_handed_over_stays(app):
    with transaction():
        mia, leo = factories.account("Mia", "mia@example.org"), factories.account("Leo", "leo@example.org")
        circle = factories.circle(keeper=mia)
        factories.membership(circle, leo, "full_help")
        deletions.ask_to_delete_account(mia, now())
        offer = offer_keeping(circle, circle.memberships[1].public_id, by=mia, language="en", now=now())
        accept_invitation(offer, leo, now=now())
    leo_id = leo.id
    assert deletions.carry_out(in_a_week()) == 1
    assert list(db.session.scalars(sa.select(Account.id))) == [leo_id]
    assert [one.account_id for one in db.session.scalars(sa.select(Membership))] == [leo_id]


def test_whoever_took_a_circle_over_meanwhile_gives_its_people_a_week(app):
    with transaction():
        mia, leo = factories.account("Mia", "mia@example.org"), factories.account("Leo", "leo@example.org")
        deletions.ask_to_delete_account(mia, now())
        circle = factories.circle(keeper=mia)
        factories.membership(circle, leo, "full_help")
    assert deletions.carry_out(in_a_week()) == 0
    assert db.session.get(Circle, circle.id) is not None
    assert deletions.carry_out(now() + 3 * WEEK) == 2
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Circle)) == 0


def test_a_message_on_its_way_is_waited_for(filled):
    with transaction():
        deletions.ask_to_delete_circle(filled.circle, filled.ana, now())
        (sent,) = db.session.scalars(sa.select(Delivery).where(Delivery.stage == WORD))
        sent.state, sent.leased_until, sent.attempt = LEASED, in_a_week() + timedelta(minutes=1), 1
    lease = Lease(sent.id, 1, now())
    assert deletions.carry_out(in_a_week()) == 0
    assert deletions.carry_out(in_a_week() + timedelta(minutes=2)) == 1
    with transaction():
        assert settle(lease, Outcome(ACCEPTED, ""), now=now()) is False, "what came too late settles nothing"


# --- an account ---


def test_a_caregiver_goes_and_what_the_patient_has_stays(filled):
    with transaction():
        entry = factories.check_in(filled.circle, filled.ben)
        course = factories.infusion(filled.circle)
        drive = {"duties:1": {"account_id": filled.ben.id, "offered_by_id": filled.ana.id, "state": "taken"}}
        kept = {"before": drive, "after": {"rows": drive}, "verb": "claim", "at": now()}
        db.session.add(PreparationChange(circle_id=filled.circle.id, infusion_id=course.id, **kept))
        factories.member(filled.sams_circle)
        factories.membership(filled.sams_circle, filled.ben, "calendar_only")
        factories.push_subscription(filled.ben)
        deletions.ask_to_delete_account(filled.ben, now())
    ident, public, entry_id = filled.ben.id, filled.ben.public_id, entry.id
    counts = {name: len(rows) for name, rows in everything().items()}
    assert deletions.carry_out(in_a_week()) == 1
    assert deletion_list().idents(ACCOUNT) == {public}
    for table in tables().values():
        for column in names_account(table):
            assert db.session.scalar(sa.select(sa.func.count()).select_from(table).where(column == ident)) == 0, (
                column
            )
        for column in table.columns:
            if isinstance(column.type, JSONValue):
                for value in db.session.scalars(sa.select(column)):
                    assert not re.search(rf'(account|by|to)_id": {ident}\b', json.dumps(value)), column
    left = everything()
    assert not [row for rows in left.values() for row in rows if public in row or "ben@example.org" in row]
    assert db.session.get(CheckIn, entry_id).account_id is None
    for name in ("check_ins", "infusions", "vials", "visits", "plan_changes", "preparation_changes", "circles"):
        assert len(left[name]) >= counts[name], name
    change = db.session.scalars(sa.select(PreparationChange).where(PreparationChange.verb == "claim")).one()
    assert change.before["duties:1"] == {"account_id": None, "offered_by_id": filled.ana.id, "state": "taken"}


def test_a_patient_goes_with_the_circle_and_a_browser_of_theirs_forgets(filled, client_of):
    ana = client_of(filled.ana)
    with transaction():
        deletions.ask_to_delete_account(filled.ana, now())
    assert deletions.carry_out(in_a_week()) == 2
    left = everything()
    assert not [row for rows in left.values() for row in rows if WORD in row]
    assert len(left["accounts"]) == 3
    answer = ana.get("/settings")
    assert answer.status_code == 303
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "Clear-Site-Data" not in ana.get("/settings").headers, "the cookie is gone"
    ben = client_of(filled.ben)
    assert ben.get("/circle").status_code == 303, "he is in no circle now"


def test_rows_are_erased_in_pieces(filled, monkeypatch):
    from companion.exchange.operations import erasing

    monkeypatch.setattr(erasing, "PIECE", 1)
    with transaction():
        factories.infusion(filled.circle)
        deletions.ask_to_delete_account(filled.ana, now())
    circle_id = filled.circle.id
    assert deletions.carry_out(in_a_week()) == 2
    assert db.session.scalar(sa.select(sa.func.count()).where(Infusion.circle_id == circle_id)) == 0


# --- an older database, a crash, other keys ---


def test_a_copy_from_before_loses_the_same_again(filled, app):
    with transaction():
        deletions.ask_to_delete_account(filled.ana, now())
    before = {
        table: [dict(row) for row in db.session.execute(sa.select(table)).mappings()]
        for table in Base.metadata.sorted_tables
        if table.name not in THE_TRAIL
    }
    assert deletions.carry_out(in_a_week()) == 2
    with transaction():  # what a restored copy brings back
        for table, rows in before.items():
            keys = list(table.primary_key.columns)
            there = {tuple(row) for row in db.session.execute(sa.select(*keys))}
            gone = [row for row in rows if tuple(row[key.name] for key in keys) not in there]
            if gone:
                db.session.execute(sa.insert(table), gone)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Account)) == 4
    done = app.test_cli_runner().invoke(args=["replay-deletions"])
    assert (done.exit_code, done.output) == (0, "Erased again: 2.\n")
    assert not [row for rows in everything().values() for row in rows if WORD in row]
    assert deletions.replay(now()) == 0
    app.extensions["before_serving"]()  # as the web process does


@pytest.fixture
def program(empty_sqlite: Path, tmp_path: Path):
    """The program on a data folder with a circle that is due to be erased."""
    shutil.copytree(empty_sqlite, tmp_path / "data")
    app = make_app(tmp_path / "data")
    with app.app_context():
        with transaction():
            people = make_people(app)
            fill(people.circle, people.ana, WORD, without=NOT_YET)
            fill(people.sams_circle, people.sam, SAMS_WORD, without=NOT_YET)
            deletions.ask_to_delete_account(people.ana, now() - WEEK)
        db.session.close()
        db.engine.dispose()
    running = RunningApp(tmp_path)

    def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        command = running.command(*arguments)
        return subprocess.run(
            command, cwd=ROOT, env=running.environ | environ, capture_output=True, text=True, timeout=60
        )

    run.data = tmp_path / "data"
    return run


def _rows_with(data: Path, word: str) -> int:
    engine = sa.create_engine(f"sqlite:///{data / 'companion.db'}")
    with engine.connect() as connection:
        found = [
            row
            for table in Base.metadata.sorted_tables
            for row in connection.execute(sa.text(f'select * from "{table.name}"'))
            if word in str(tuple(row))
        ]
    engine.dispose()
    return len(found)


@pytest.mark.long
def test_killed_in_the_middle_it_is_whole_after_the_next_run(program):
    for point in ("listed", "between_pieces:9", "before_the_last", "before_the_last:2", "before_sweeping"):
        assert program("worker", "--once", COMPANION_TEST_FAILPOINTS=point).returncode == -9, point
    copy = program.data / "companion.db"
    assert program("worker", "--once").returncode == 0
    assert _rows_with(program.data, WORD) == 0
    assert _rows_with(program.data, SAMS_WORD) > 20
    assert [path.name for path in program.data.iterdir() if WORD.encode() in path.read_bytes()] == []
    assert copy.exists()


@pytest.mark.long
def test_a_restored_database_is_cleared_before_anything_is_served(program):
    before = (program.data / "companion.db").read_bytes()
    assert program("worker", "--once").returncode == 0
    for name in ("companion.db-wal", "companion.db-shm"):
        (program.data / name).unlink(missing_ok=True)
    (program.data / "companion.db").write_bytes(before)
    assert _rows_with(program.data, WORD) > 20
    done = program("prepare")
    assert done.returncode == 0
    assert "Erased again, because it stands in the deletion list" in done.stderr
    assert _rows_with(program.data, WORD) == 0
    (program.data / "deletion_list").write_bytes(b"broken\n")
    assert program("prepare").returncode == 2
    assert "COMPANION_DELETION_LIST" in program("worker", "--once").stderr
