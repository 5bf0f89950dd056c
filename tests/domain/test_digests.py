"""More than three messages for one reader at once become one."""

from companion.domain.digests import to_gather


def test_the_same_message_by_two_ways_counts_once():
    due = [(1, "a"), (1, "a"), (1, "b"), (1, "c"), (2, "a"), (2, "b"), (2, "c"), (2, "d")]
    assert to_gather(due) == {2}
    assert to_gather([]) == set()
