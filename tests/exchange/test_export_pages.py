"""The export: one file with everything of a circle and an account, and nothing of anybody else."""

import io
import json
import re
import zipfile

import pytest
import sqlalchemy as sa

from companion.database import transaction
from companion.domain.roles import KEEPER, PATIENT, PRESETS, ROLES
from companion.exchange.queries.belonging import tables
from companion.exchange.queries.catalogue import BY_ACCOUNT, OF_CIRCLE
from companion.extensions import db
from tests import factories
from tests.exchange.filling import fill

WORD, SAMS_WORD = "canary-of-ana", "canary-of-sam"


@pytest.fixture
def filled(people):
    """Ana's circle and Sam's with a row in each table, told apart by a word."""
    with transaction():
        fill(people.circle, people.ana, WORD)
        fill(people.sams_circle, people.sam, SAMS_WORD)
        people.circle.patient_name = f"{WORD} <b>Ana</b>"
    return people


def unpacked(answer):
    assert answer.status_code == 200
    assert answer.mimetype == "application/zip"
    assert answer.headers["Cache-Control"] == "no-store"
    assert re.search(r'filename="mmn-companion-[0-9-]+\.zip"', answer.headers["Content-Disposition"])
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.testzip() is None
    return {name: archive.read(name) for name in archive.namelist()}


def all_texts(files):
    return "\n".join(data.decode("utf-8-sig", "replace") for data in files.values())


def test_a_circle_is_exported_whole_and_alone(filled, client_of):
    client = client_of(filled.ana)
    page = client.get("/export")
    assert "Save everything as a file" in page.text
    files = unpacked(client.post("/export/circle", data={"circle": filled.circle.public_id}))
    data = json.loads(files["data.json"])
    assert (data["format"], data["version"]) == ("mmn-companion-export", 1)
    rows = data["circles"][0]["rows"]
    for kind in OF_CIRCLE:
        assert rows[kind.table], f"{kind.table} is not in the export"
        assert set(rows[kind.table][0]) == set(kind.columns) == set(data["schema"][kind.table]["columns"])
        assert f"csv/circle-1/{kind.table}.csv" in files
    check_in = rows["check_ins"][0]
    assert check_in["note"] == WORD
    assert check_in["recorded_at"] == "2026-11-02T09:30:00Z"
    assert rows["measurements"][0]["check_in_id"] == check_in["id"]
    assert rows["measurements"][0]["value"] == 2.5
    assert {"id": filled.ben.public_id, "name": "Ben"} in data["circles"][0]["people"]
    assert data["accounts"][0]["rows"]["mail_addresses"][0]["email"] == "ana@example.org"
    (photo,) = [name for name in files if name.startswith("photos/")]
    assert photo == f"photos/{rows['label_photos'][0]['id']}.jpg"
    assert files[photo].endswith(WORD.encode())
    texts = all_texts(files)
    assert SAMS_WORD not in texts
    assert "ben@example.org" not in texts, "members do not show their addresses"
    assert "does not open" not in texts


def test_no_hash_and_no_sealed_value_is_in_it(filled, client_of):
    files = unpacked(client_of(filled.ana).post("/export/circle"))
    texts = all_texts(files)
    for table in tables().values():
        for column in table.columns:
            if not re.search("_hash$|_sealed$|fingerprint|^body$|p256dh", column.name):
                continue
            for value in db.session.scalars(sa.select(column)):
                if isinstance(value, str) and len(value) > 20:
                    assert value not in texts, f"{table.name}.{column.name}"
    key_id = filled.ana.name_sealed.partition(".")[0]
    assert f"{key_id}." not in texts


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_in_it_is_for_reading(filled, client_of, language):
    client = client_of(filled.ana)
    files = unpacked(client.post(f"/export/circle?lang={language}"))
    page = files["index.html"].decode()
    assert f'<html lang="{"zh-Hans" if language == "zh" else "en"}">' in page
    assert ("体重" if language == "zh" else "Weights") in page
    assert f"{WORD} &lt;b&gt;Ana" in page
    assert WORD in page
    assert re.findall(r"<script|\son\w+=|https?:|//|@import|url\(", page + files["style.css"].decode()) == []
    linked = {*re.findall(r'(?:href|src)="([^"]+)"', page)}
    assert linked <= set(files), "what the page links to lies beside it"


def test_whoever_keeps_no_circle_gets_their_own_account(filled, client_of):
    with transaction():
        feed = factories.push_subscription(filled.ben)
    ben = client_of(filled.ben)
    assert ben.post("/export/circle").status_code == 403
    assert client_of(filled.sam).post("/export/circle", data={"circle": filled.circle.public_id}).status_code == 404
    assert client_of(None).post("/export/account").status_code == 303
    assert "everything" not in ben.get("/export").text
    files = unpacked(ben.post("/export/account"))
    data = json.loads(files["data.json"])
    assert data["circles"] == []
    rows = data["accounts"][0]["rows"]
    assert set(rows) == set(BY_ACCOUNT)
    assert rows["accounts"][0]["name"] == "Ben"
    assert rows["push_subscriptions"][0]["id"] == feed.public_id
    assert WORD not in all_texts(files)


def test_an_account_without_any_circle_has_an_export(app, client_of):
    with transaction():
        alone = factories.account("Zoe", "zoe@example.org")
    data = json.loads(unpacked(client_of(alone).post("/export/account"))["data.json"])
    assert data["accounts"][0]["rows"]["memberships"] == []


def test_whoever_may_export_a_circle_may_see_its_notes():
    assert {role for role, rights in ROLES.items() if "keep_circle" in rights} == {PATIENT, KEEPER}
    assert all("see_notes" in ROLES[role] for role in (PATIENT, KEEPER))
    assert not set(PRESETS) & {PATIENT, KEEPER}


def test_what_does_not_open_stops_nothing(filled, client_of):
    with transaction():
        for table, column in (("check_ins", "note_sealed"), ("label_photos", "picture_sealed")):
            found = tables()[table]
            broken = b"broken" if column == "picture_sealed" else "broken"
            theirs = found.c.circle_id == filled.circle.id
            db.session.execute(found.update().where(theirs).values({column: broken}))
    files = unpacked(client_of(filled.ana).post("/export/circle"))
    check_ins = json.loads(files["data.json"])["circles"][0]["rows"]["check_ins"]
    assert check_ins[0]["note"] == "(does not open)"
    assert not [name for name in files if name.startswith("photos/")]


def test_the_command(filled, app, tmp_path):
    run = app.test_cli_runner().invoke
    out = tmp_path / "ana.zip"
    done = run(args=["export", "--account", "ana@example.org", "--output", str(out), "--lang", "zh"])
    assert done.exit_code == 0, done.output
    assert out.stat().st_mode & 0o777 == 0o600
    data = json.loads(zipfile.ZipFile(out).read("data.json"))
    assert [one["rows"]["circles"][0]["id"] for one in data["circles"]] == [filled.circle.public_id]
    assert len(data["accounts"]) == 1
    for wrong in (["--account", "nobody@example.org"], ["--circle", "none"], []):
        assert run(args=["export", *wrong, "--output", str(tmp_path / "none.zip")]).exit_code == 2
    again = run(args=["export", "--circle", filled.circle.public_id, "--output", str(out)])
    assert again.exit_code == 2, "a file that is there stays"
    assert "Example: flask --app wsgi export" in run(args=["export", "--help"]).output
