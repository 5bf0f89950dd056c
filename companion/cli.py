"""Commands for whoever runs the program; each a few lines that call operations."""

import gc
import logging
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import click
import sqlalchemy as sa
from alembic.util import CommandError
from flask import Flask, current_app
from flask_babel import force_locale
from sqlalchemy.exc import DBAPIError

from companion import clock
from companion import keyring as keyrings
from companion.config import Config, is_loopback
from companion.database import keyring, transaction
from companion.delivery.channels.web_push import is_good_subject, subject_of
from companion.delivery.models import MailAddress
from companion.delivery.operations import ensure_vapid_key
from companion.extensions import alembic, db
from companion.keyring import BadKey
from companion.language import LANGUAGES
from companion.trail.models import EXPORTED
from companion.trail.operations import Walk, broken_chains, tell


class NewerDatabase(Exception):
    """The database was made by a newer version of the program."""


class OtherKeys(Exception):
    """The data keys are not the ones that the database was written with."""


def check_keys() -> None:
    """Open the first and the last mail address there is. Raises OtherKeys.

    The look-up hash of an address is made with the oldest key, so that one must stay at the end of the list.
    """
    if not sa.inspect(db.engine).has_table(MailAddress.__tablename__):
        return
    columns = (MailAddress.public_id, MailAddress.email_sealed, MailAddress.email_hash)
    for order in (MailAddress.id.asc(), MailAddress.id.desc()):
        row = db.session.execute(sa.select(*columns).order_by(order)).first()
        if row is not None and keyring().fingerprint(_opened(row)) != row.email_hash:
            raise OtherKeys("the oldest key is missing, or is not the last one")
    db.session.rollback()  # a transaction left open would keep the tables from being changed


def _opened(row: Any) -> str:
    try:
        return str(MailAddress(public_id=row.public_id, email_sealed=row.email_sealed).email)
    except BadKey as error:
        raise OtherKeys("they do not open the data that is there") from error


def migrate() -> None:
    """Bring the database to this version. Raises NewerDatabase before anything is changed."""
    _refuse_newer()
    alembic.upgrade()


def _refuse_newer() -> None:
    logging.getLogger("alembic").setLevel(logging.WARNING)
    known = {script.revision for script in alembic.script_directory.walk_revisions()}
    heads = set(alembic.migration_context.get_current_heads())
    if heads - known:
        raise NewerDatabase


def _migrate_or_leave() -> None:
    """Bring the database to this version, or end with one line that says why not."""
    os.umask(0o077)  # the database is for this account only, wherever the data folder is
    with _or_leave():
        _refuse_newer()
        check_keys()
        migrate()
        _make_push_key()
        _replay()


def _make_push_key() -> None:
    with transaction():
        ensure_vapid_key(now=clock.now())


def _replay() -> None:
    """Whatever was erased and is here again, because an older copy was put back, goes before anything is served."""
    from companion.exchange.jobs import replay_deletions

    done = replay_deletions()
    if done:
        click.echo(f"Erased again, because it stands in the deletion list: {done}.", err=True)


@contextmanager
def _or_leave() -> Iterator[None]:
    """End with one line that says why this database cannot be used."""
    data = current_app.config["COMPANION"].data
    try:
        yield
    except (NewerDatabase, CommandError):
        _stop(
            f"The database in {data} was made by a newer version of MMN Companion. "
            "Start that version, or set COMPANION_DATA to another folder."
        )
    except BadKey as error:
        _stop(f"COMPANION_DELETION_LIST: the list of what was erased cannot be read ({error}). Nothing was changed.")
    except OtherKeys as error:
        _stop(f"COMPANION_DATA_KEYS, or {data / 'data_keys'}, has other keys than the database: {error}.")
    except DBAPIError as error:
        _stop(f"COMPANION_DATABASE_URL: the database cannot be used ({str(error.orig).splitlines()[0]}).")


def _stop(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(2)


@click.command("prepare")
def prepare() -> None:
    """Create secrets and bring the database to this version. Example: flask --app wsgi prepare"""
    _migrate_or_leave()
    config = current_app.config["COMPANION"]
    if not is_good_subject(subject_of(config)) and not is_loopback(urlsplit(config.base_url).hostname or ""):
        click.echo(
            "Note: COMPANION_MAIL_FROM names no mail address that others can write to, and COMPANION_BASE_URL is not "
            "https. Apple then refuses push messages.",
            err=True,
        )
    if needs_https(config):
        click.echo(
            "Note: COMPANION_BASE_URL is plain http. Phones allow installing, push messages and passkeys "
            "only by https, or on localhost.",
            err=True,
        )


def needs_https(config: Config) -> bool:
    """Whether people reach the app in a way that phones hold back features from."""
    return not config.secure and not is_loopback(urlsplit(config.base_url).hostname or "")


@click.command("worker")
@click.option("--once", is_flag=True, help="Run each job once, then end.")
def worker(once: bool) -> None:
    """Plan and send reminders until SIGTERM. Any number may run. Example: flask --app wsgi worker"""
    from companion import worker as ticker

    with _or_leave():
        _refuse_newer()
        check_keys()
        _make_push_key()
        _replay()
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    if not once:
        ticker.run(app)
    elif not ticker.run_once(app):
        sys.exit(1)


@click.command("rotate-keys")
@click.option("--add-key", is_flag=True, help="Put a new key in front first; the program must be stopped for this.")
def rotate_keys(add_key: bool) -> None:
    """Seal all data with the newest key. Example: flask --app wsgi rotate-keys"""
    from companion import key_rotation

    with _or_leave():
        _refuse_newer()
        check_keys()
    if add_key:
        _add_key()
        return
    with _or_leave():
        done = key_rotation.seal_anew()
    click.echo(f"Sealed anew with the newest key: {done.sealed} values.")
    for place in done.unreadable:
        click.echo(f"Does not open, left as it is: {place}", err=True)
    if done.unreadable:
        sys.exit(1)


def _add_key() -> None:
    path = current_app.config["COMPANION"].data / "data_keys"
    if os.environ.get("COMPANION_DATA_KEYS") or not path.exists():
        _stop("The keys come from COMPANION_DATA_KEYS: put a new one in front there, and start the program again.")
    keyrings.add_key(path)
    click.echo(f"A new key stands in front in {path}. Start the program, then run: flask --app wsgi rotate-keys")


@click.command("replay-deletions")
def replay_deletions() -> None:
    """Erase again what an older copy of the database has brought back. Example: flask --app wsgi replay-deletions"""
    from companion.exchange.jobs import replay_deletions as replay

    with _or_leave():
        _refuse_newer()
        check_keys()
        done = replay()
    click.echo(f"Erased again: {done}.")


@click.command("export")
@click.option("--circle", metavar="ID", help="The circle, by the id in its address: /circle?circle=ID.")
@click.option(
    "--account",
    metavar="EMAIL",
    help="The account with this mail address, and all circles it keeps.",
)
@click.option("--output", required=True, type=click.Path(path_type=Path), help="The .zip to write.")
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", help="The language of the page in it.")
def export(circle: str | None, account: str | None, output: Path, lang: str) -> None:
    """Write everything of a circle or an account as one file.

    Example: flask --app wsgi export --account ana@example.org --output ana.zip
    """
    from companion.exchange.queries import exports

    with _or_leave():
        _refuse_newer()
        check_keys()
    found = exports.account_of_email(account) if account else None
    circles = [exports.circle_named(circle)] if circle else exports.circles_kept(found) if found else []
    if (account and found is None) or None in circles or not (account or circle):
        _stop("Nothing to export: name a circle (--circle) or an account (--account) that is here.")
    with transaction():
        for one in circles:
            tell(one, EXPORTED, "everything")
    with force_locale(lang):
        made = exports.export_of([one for one in circles if one], found, language=lang, now=clock.now())
        _write_private(output, made.stream())
    click.echo(f"Written to {output}.")


def _write_private(path: Path, chunks: Iterable[bytes]) -> None:
    """A file for this account only; one that is there already stays as it is."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        _stop(f"--output: {path} cannot be written ({error.strerror}).")
    with os.fdopen(descriptor, "wb") as file:
        file.writelines(chunks)


@click.command("load-demo")
def load_demo() -> None:
    """Prepare a database and fill it with sample people. Example: flask --app wsgi load-demo"""
    from companion.demo.operations import NotEmpty, leave_traces, load_sample

    gc.disable()  # a short life with many rows: somebody waits for the first page
    _migrate_or_leave()
    began = clock.monotonic()
    try:
        with transaction():
            load_sample(clock.now())
        leave_traces(clock.now())
    except NotEmpty:
        click.echo("Somebody has an account here, so no sample people were added.", err=True)
        sys.exit(2)
    click.echo(f"Ana, Ben, Vera and Sam are here, with 18 months of records ({clock.monotonic() - began:.1f} s).")


@click.command("verify-audit")
def verify_audit() -> None:
    """Check that nobody changed who did what. Example: flask --app wsgi verify-audit

    Walks the chain of every circle from its first entry to its head. Ends with 0 and one line where all are whole;
    with 1 and, for each chain that is not, the circle and the number of the first entry that is wrong.
    """
    with _or_leave():
        _refuse_newer()
    walk, broken = Walk(), 0
    for found in broken_chains(walk):
        broken += 1
        click.echo(f"Circle {found.circle}, entry {found.sequence}: {found.what}.", err=True)
    if broken:
        sys.exit(1)
    click.echo(f"Every chain is whole: {walk.chains} circles, {walk.entries} entries.")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(export)
    app.cli.add_command(load_demo)
    app.cli.add_command(prepare)
    app.cli.add_command(replay_deletions)
    app.cli.add_command(rotate_keys)
    app.cli.add_command(verify_audit)
    app.cli.add_command(worker)
