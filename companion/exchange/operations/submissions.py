"""Answers to forms that speak of an erased circle: they are an account's rows, and name the circle in their words."""

import re
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from companion.accounts.models import SignInRequest, Submission
from companion.circles.models import Circle
from companion.database import keyring, transaction
from companion.delivery.operations import touches
from companion.exchange.queries.belonging import in_circle, names_account, tables
from companion.extensions import db
from companion.keyring import BadKey
from companion.submissions import place_of_answer

PUBLIC_ID = re.compile(r"(?<![\w-])[\w-]{22}(?![\w-])", re.ASCII)
PIECE = 500
ANSWER = (Submission.id, Submission.account_id, Submission.client_id, Submission.route, Submission.body)


def forget_submissions(circle: Circle) -> None:
    """Remove each remembered answer, and wish to sign in, that names the circle or a row of it."""
    named = _public_ids(circle.id)
    people = _people(circle.id)
    for account_id in people:
        _forget_answers(account_id, named)
        _forget_requests(account_id, named)


def _public_ids(circle_id: int) -> frozenset[str]:
    """What an address of the circle may hold."""
    found: set[str] = set()
    for table in tables().values():
        theirs = in_circle(table, circle_id)
        if theirs is not None and "public_id" in table.c and table.name not in ("deliveries", "measurements"):
            found.update(db.session.scalars(sa.select(table.c.public_id).where(theirs)))
    return frozenset(found)


def _people(circle_id: int) -> list[int]:
    """Everybody whom a row of the circle names."""
    named = []
    for table in tables().values():
        theirs = in_circle(table, circle_id)
        if theirs is not None:
            named += [sa.select(column).where(theirs, column.is_not(None)) for column in names_account(table)]
    return list(db.session.scalars(sa.union(*named)))


def _forget_answers(account_id: int, named: frozenset[str]) -> None:
    last: int | None = 0
    while last is not None:
        query = sa.select(*ANSWER).where(Submission.account_id == account_id, Submission.id > last)
        with transaction():
            rows = db.session.execute(query.order_by(Submission.id).limit(PIECE)).all()
            last = rows[-1].id if rows else None
            doomed = [row.id for row in rows if named.intersection(_words_of(row))]
            gone = sa.delete(Submission).where(Submission.id.in_(doomed))
            db.session.execute(gone, execution_options=touches())


def _words_of(row: Any) -> Iterator[str]:
    """Everything in an answer that may be an id; one that does not open is as good as nothing."""
    try:
        body = keyring().unlock(row.body, place_of_answer(row.account_id, row.client_id))
    except BadKey:
        body = ""
    return (found.group() for text in (row.route, body) for found in PUBLIC_ID.finditer(text))


def _forget_requests(account_id: int, named: frozenset[str]) -> None:
    with transaction():
        query = sa.select(SignInRequest.id, SignInRequest.next_url).where(SignInRequest.account_id == account_id)
        doomed = [row.id for row in db.session.execute(query) if named.intersection(PUBLIC_ID.findall(row.next_url))]
        gone = sa.delete(SignInRequest).where(SignInRequest.id.in_(doomed))
        db.session.execute(gone, execution_options=touches())
