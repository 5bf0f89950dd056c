"""What the worker does to be watched: count its messages, and tell somebody outside that it is alive."""

import aiohttp

from companion import clock
from companion.database import transaction
from companion.delivery import operations, queries
from companion.delivery.jobs.loops import run_to_end
from companion.logs import log

PATIENCE_SECONDS = 10.0


def audit_deliveries() -> bool:
    """Check that every message is in a named state and none has gone; False, and an error in the log, when not."""
    with transaction():
        breaks = operations.audit(now=clock.now())
    if breaks:
        log.error("messages do not add up", breaks=breaks)
    return not breaks


def tell_outside() -> bool:
    """Ask for the operator's dead-man address while all is well; whoever listens there notices when we stop."""
    url = operations.config().dead_man_url
    if url is None or not queries.health(clock.now()).is_good:
        return False
    problem = run_to_end(_problem_with(url))
    if problem:
        log.warning("the dead-man address does not answer", problem=problem)
    return not problem


async def _problem_with(url: str) -> str:
    try:
        timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url, allow_redirects=False) as answer,
        ):
            return "" if answer.status < 300 else str(answer.status)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return type(error).__name__
