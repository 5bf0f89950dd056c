"""The one next visit that a circle had becomes a visit, and back again."""

from datetime import date

import sqlalchemy as sa

from companion.extensions import alembic, db
from tests import factories


def test_the_next_visit_of_a_circle_becomes_a_visit_and_back(app, people):
    factories.visit(people.circle, planned_on=date(2027, 5, 4))
    db.session.commit()
    alembic.downgrade("0007")
    on = "select next_visit_on from circles where tz = 'Europe/London' order by id"
    with db.engine.connect() as connection:
        found = [str(each[0]) for each in connection.execute(sa.text(on))]
    assert found == ["2027-05-04", "None"]
    alembic.upgrade()
    with db.engine.connect() as connection:
        query = "select kind, planned_on, state, tz, revision, public_id from visits"
        kind, planned_on, state, tz, revision, public_id = connection.execute(sa.text(query)).one()
    assert (kind, str(planned_on), state, tz, revision) == (
        "neurologist",
        "2027-05-04",
        "planned",
        "Europe/London",
        0,
    )
    assert len(public_id) == 22
