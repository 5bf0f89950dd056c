"""Entries that each carry the hash of the one before: none can be changed, moved or taken out unseen."""

import hashlib
import json
from datetime import UTC, datetime

START = "0" * 64
"""What stands before the first entry."""


def entry_hash(
    previous: str, chain: str, sequence: int, at: datetime, actor: str, verb: str, kind: str, object_id: str | None
) -> str:
    """The hash of one entry: of its chain's name, its place, all it says, and the hash before it."""
    written = [previous, chain, sequence, at.astimezone(UTC).isoformat(timespec="microseconds")]
    canonical = json.dumps([*written, actor, verb, kind, object_id], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
