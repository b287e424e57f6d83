"""What is drawn by chance repeats within a run, and nowhere else."""

from __future__ import annotations

import os
import random
import secrets
import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from jupyter_client.session import new_id

from wslab import Tape, Timeline
from wslab.lab.clock.chance import repeatable


def drawn() -> list[object]:
    return [os.urandom(8), secrets.token_bytes(8), secrets.token_hex(4), random.random()]


def test_the_same_seed_gives_the_same_of_everything() -> None:
    first, again, other = ([], [], [])  # type: tuple[list[object], list[object], list[object]]
    for seed, found in ((7, first), (7, again), (8, other)):
        with repeatable(random.Random(seed)):
            found += drawn() + drawn()
    assert first == again
    assert not set(first) & set(other)
    assert len(set(first)) == len(first)


def test_what_names_a_thing_differs_from_run_to_run() -> None:
    names = set()
    for _ in range(2):
        with repeatable(random.Random(7)):
            names |= {uuid.uuid4().hex, new_id(), Timeline(Tape.blank()).comm.comm_id}
    assert len(names) == 6


def test_outside_of_it_all_is_as_it_was() -> None:
    urandom, state = os.urandom, random.getstate()
    with repeatable(random.Random(7)):
        taken = os.urandom
        repeats = taken(16)
    assert os.urandom is urandom
    assert random.getstate() == state
    assert taken(16) != repeats  # who kept the function has the system's
    with repeatable(random.Random(7)):
        assert os.urandom(16) == repeats


def test_one_within_another_gives_way_and_comes_back() -> None:
    def alone() -> list[object]:
        with repeatable(random.Random(1)):
            return [os.urandom(4), os.urandom(4)]

    with repeatable(random.Random(1)):
        first = os.urandom(4)
        with repeatable(random.Random(2)):
            assert os.urandom(4) != alone()[1]
        assert [first, os.urandom(4)] == alone()


def test_two_threads_have_their_own_and_the_last_puts_everything_back() -> None:
    urandom, state, meet = os.urandom, random.getstate(), Barrier(2, timeout=10)

    def run(seed: int) -> bytes:
        with repeatable(random.Random(seed)):
            meet.wait()  # both go on
            got = os.urandom(8)
            meet.wait()
        return got

    def alone(seed: int) -> bytes:
        with repeatable(random.Random(seed)):
            return os.urandom(8)

    with ThreadPoolExecutor(2) as pool:
        got = list(pool.map(run, (1, 2)))
        assert os.urandom is urandom
        assert random.getstate() == state
        with repeatable(random.Random(1)):
            other = pool.submit(os.urandom, 8).result()
    assert got == [alone(1), alone(2)]
    assert other != alone(1)
