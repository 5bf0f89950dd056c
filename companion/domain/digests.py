"""Many messages at once, as after a time without a worker, become one."""

from collections.abc import Hashable, Iterable
from typing import TypeVar

SINGLE_UP_TO = 3
"""So many messages at once still come one by one."""

Key = TypeVar("Key", bound=Hashable)


def to_gather(due: Iterable[tuple[int, Key]]) -> set[int]:
    """The readers for whom more messages are due at once than they should get one by one.

    `due`: reader and what makes it one message, whatever its way; the same message by two ways counts once.
    """
    kinds: dict[int, set[Key]] = {}
    for reader, key in due:
        kinds.setdefault(reader, set()).add(key)
    return {reader for reader, keys in kinds.items() if len(keys) > SINGLE_UP_TO}
