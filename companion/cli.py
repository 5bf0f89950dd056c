"""Commands for whoever runs the program; each a few lines that call operations."""

import logging
import sys

import click
from alembic.util import CommandError
from flask import Flask, current_app

from companion import clock
from companion.database import transaction
from companion.extensions import alembic


class NewerDatabase(Exception):
    """The database was made by a newer version of the program."""


def migrate() -> None:
    """Bring the database to this version. Raises NewerDatabase before anything is changed."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    known = {script.revision for script in alembic.script_directory.walk_revisions()}
    heads = set(alembic.migration_context.get_current_heads())
    if heads - known:
        raise NewerDatabase
    alembic.upgrade()


def _migrate_or_leave() -> None:
    """Bring the database to this version, or end with one line that says why not."""
    try:
        migrate()
    except (NewerDatabase, CommandError):
        data = current_app.config["COMPANION"].data
        click.echo(
            f"The database in {data} was made by a newer version of MMN Companion. "
            "Start that version, or set COMPANION_DATA to another folder.",
            err=True,
        )
        sys.exit(2)


@click.command("prepare")
def prepare() -> None:
    """Create secrets and bring the database to this version. Example: flask --app wsgi prepare"""
    _migrate_or_leave()


@click.command("worker")
@click.option("--once", is_flag=True, help="Run each job once, then end.")
def worker(once: bool) -> None:
    """Plan and send reminders until SIGTERM. Any number may run. Example: flask --app wsgi worker"""
    from companion import worker as ticker

    app = current_app._get_current_object()  # type: ignore[attr-defined]
    if not once:
        ticker.run(app)
    elif not ticker.run_once(app):
        sys.exit(1)


@click.command("load-demo")
def load_demo() -> None:
    """Prepare a database and fill it with sample people. Example: flask --app wsgi load-demo"""
    from companion.demo.operations import NotEmpty, load_sample

    _migrate_or_leave()
    began = clock.monotonic()
    try:
        with transaction():
            load_sample(clock.now())
    except NotEmpty:
        click.echo("Somebody has an account here, so no sample people were added.", err=True)
        sys.exit(2)
    click.echo(f"Ana, Ben, Vera and Sam are here, with 18 months of records ({clock.monotonic() - began:.1f} s).")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(load_demo)
    app.cli.add_command(prepare)
    app.cli.add_command(worker)
