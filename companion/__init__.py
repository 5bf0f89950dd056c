"""MMN Companion: grip log, infusion calendar, reminders, education and help with costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Blueprint, Flask

    from companion.config import Config


def create_app(config: Config | None = None) -> Flask:
    """The whole application. Imports stay inside, so that `companion.dev` runs before anything is installed."""
    from flask import Flask

    from companion import (
        access,
        answers,
        circle_guard,
        cli,
        database,
        formatting,
        language,
        limits,
        logs,
        security,
        static,
        zones,
    )
    from companion.config import ROOT, load_config
    from companion.trail import routes as trail

    config = config or load_config()
    app = Flask(
        __name__,
        root_path=str(ROOT / "companion"),
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
        static_url_path=f"/static/{static.digest(ROOT / 'static')}",
    )
    app.config.from_mapping(security.flask_settings(config))
    app.config.from_mapping(database.migration_settings())
    logs.init_app(app)
    _connect_extensions(app)
    for part in (circle_guard, language, formatting, security, access, limits, answers, static, zones, trail):
        part.init_app(app)
    for blueprint in _blueprints(config):
        app.register_blueprint(blueprint)
    cli.init_app(app)
    return app


def _connect_extensions(app: Flask) -> None:
    from inspect import iscoroutinefunction

    from companion.accounts.queries import account_of_request
    from companion.extensions import alembic, compress, db, limiter, login_manager
    from companion.tables import ALL

    db.init_app(app)
    # There are no async sessions here, and closing them would start an event loop for every request.
    app.teardown_appcontext_funcs = [f for f in app.teardown_appcontext_funcs if not iscoroutinefunction(f)]
    alembic.metadatas = {"default": ALL[0].Base.metadata}
    alembic.init_app(app)
    limiter.init_app(app)
    compress.init_app(app)
    login_manager.init_app(app, add_context_processor=False)
    login_manager.request_loader(account_of_request)


def _blueprints(config: Config) -> list[Blueprint]:
    from companion.accounts.routes import blueprint as accounts
    from companion.api.routes import blueprint as api
    from companion.assistance.routes import blueprint as assistance
    from companion.calendar.routes import blueprint as calendar
    from companion.checkins.routes import blueprint as checkins
    from companion.circles.routes import blueprint as circles
    from companion.clinician_links.routes import blueprint as clinician_links
    from companion.clinician_links.routes import reading
    from companion.devices.routes import blueprint as devices
    from companion.exchange.routes import blueprint as exchange
    from companion.health import blueprint as health
    from companion.infusions.routes import blueprint as infusions
    from companion.insights.routes import blueprint as insights
    from companion.learn.routes import blueprint as learn
    from companion.medical_cards.routes import blueprint as medical_cards
    from companion.messages.routes import blueprint as messages
    from companion.messages.routes import stops
    from companion.offline.routes import blueprint as offline
    from companion.paper_logs.routes import blueprint as paper_logs
    from companion.preparations.routes import blueprint as preparations
    from companion.pwa.routes import blueprint as pwa
    from companion.recalls.routes import blueprint as recalls
    from companion.reminders.routes import blueprint as reminders
    from companion.reminders.routes import rules
    from companion.supplies.routes import blueprint as supplies
    from companion.today.routes import blueprint as today
    from companion.visits.routes import blueprint as visits

    parts = [accounts, api, assistance, calendar, checkins, circles, devices, health, infusions, insights, learn]
    parts += [
        clinician_links,
        reading,
        exchange,
        medical_cards,
        messages,
        offline,
        paper_logs,
        preparations,
        pwa,
        recalls,
        reminders,
        rules,
        stops,
        supplies,
        today,
        visits,
    ]
    if config.demo:
        from companion.demo.routes import blueprint as demo

        parts.append(demo)
    return parts
