"""The demonstration: the sample people in a database of their own."""

import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from time import perf_counter

import pytest
from flask import Flask

from companion.clock import now
from companion.database import transaction
from companion.demo.operations import leave_traces, load_sample
from companion.extensions import db
from tests.fixtures import make_app


@pytest.fixture(scope="module")
def load(empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[datetime], Flask]:
    """Load the sample as if it were a given instant; the application is returned, without a context."""

    def load_at(at: datetime) -> Flask:
        data = tmp_path_factory.mktemp("demo") / "data"
        shutil.copytree(empty_sqlite, data)
        app = make_app(data, COMPANION_DEMO="1")
        with app.app_context():
            with transaction():
                load_sample(at)
            leave_traces(at)
        return app

    return load_at


@pytest.fixture(scope="module")
def demo(load: Callable[[datetime], Flask]) -> Iterator[Flask]:
    """The sample of today, loaded once for all tests that only look at it; says how long it took."""
    began = perf_counter()
    app = load(now())
    sys.stdout.write(f"\nsample loaded in {perf_counter() - began:.2f} s (promised: ready within 3 s)\n")
    with app.app_context():
        yield app
        db.session.close()
        db.engine.dispose()
