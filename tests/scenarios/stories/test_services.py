"""Several servers, and other protocols on top: what each side reads, and who hangs up when."""

from __future__ import annotations

import pytest

from tests.scenarios.ends import CLOSED, OPEN, Stories, ends, stories_end
from wslab.lab import Tape
from wslab.scenarios import play

AS_IT_IS: Stories = {
    "partition": (1, ((OPEN, None), (OPEN, None))),
    "other-server": (2, ((CLOSED, 1008), (CLOSED, 1008))),
    "socket-io": (1, ((CLOSED, 1005), (CLOSED, 1005))),
    "long-ping": (1, ((CLOSED, 1006), (CLOSED, 1002))),
    "lossy-path": (1, ((CLOSED, 1000), (CLOSED, 1000))),
    "censor": (1, ((CLOSED, 1006), (CLOSED, 1006))),
}
FIXED: Stories = {
    "partition": (1, ((OPEN, None), (OPEN, None))),
    "other-server": (2, ((CLOSED, 1000), (CLOSED, 1000))),
    "socket-io": (1, ((CLOSED, 1000), (CLOSED, 1000))),
    "long-ping": (1, ((OPEN, None), (OPEN, None))),
    "lossy-path": (1, ((CLOSED, 1000), (CLOSED, 1000))),
    "censor": (1, ((CLOSED, 1000), (CLOSED, 1000))),
}


test_it_ends_with_the_beliefs_that_it_is_about = stories_end(AS_IT_IS)
test_fixed_it_ends_well = stories_end(FIXED, fixed=True)


def texts(tape: Tape, side: str, connection: int | None = None) -> list[str]:
    return [(entry.plain or b"").decode() for entry in tape.frames(1, side, connection)]


# --- two servers ------------------------------------------------------------------------------


def test_two_halves_that_are_merged_without_numbers_have_it_twice_and_in_another_order() -> None:
    ann, ben = (entry.sentence for entry in play("partition")[-2:])
    assert ann == ("Ann reads: ann: hello | ben: hi | ann: at eight? | ann: hello | ben: hi | ben: at nine?")
    assert ben == ("Ben reads: ann: hello | ben: hi | ben: at nine? | ann: hello | ben: hi | ann: at eight?")


def test_with_numbers_both_read_the_same() -> None:
    ann, ben = (entry.sentence for entry in play("partition", fixed=True)[-2:])
    chat = "1A ann: hello | 2B ben: hi | 3A ann: at eight? | 3B ben: at nine?"
    assert (ann, ben) == (f"Ann reads: {chat}", f"Ben reads: {chat}")


def test_the_users_notice_nothing_of_the_split_and_the_bus_keeps_a_zombie() -> None:
    tape = play("partition")
    assert {entry.fate for number in (1, 2) for entry in tape.frames(connection=number)} == {"arrived"}
    assert ends(tape, 3) == ((CLOSED, 1006), (OPEN, None))


@pytest.mark.parametrize(
    ("store", "says"), [("own", "1008 (policy violation): “ticket 12? Log in first.”"), ("shared", "ticket 12 has 3")]
)
def test_another_server_knows_a_session_only_from_a_shared_store(store: str, says: str) -> None:
    tape = play("other-server", store=store)
    assert ends(tape, 1) == ((CLOSED, 1001), (CLOSED, 1001))
    assert says in "".join(entry.sentence for entry in tape.entries(2))


# --- another protocol on top ------------------------------------------------------------------


def test_socket_io_hangs_up_on_a_client_that_only_listens_after_45_seconds() -> None:
    (close,) = play("socket-io").frames(8, "server")
    assert close.time == pytest.approx(45, abs=0.1)
    assert close.plain == b""


def test_socket_io_hangs_up_at_once_on_what_is_no_packet() -> None:
    (close,) = play("socket-io", client="says hello").frames(8, "server")
    assert close.time < 0.1


def test_socket_io_stays_with_a_client_that_answers() -> None:
    tape = play("socket-io", fixed=True)
    assert texts(tape, "client") == ["40", '42["chat","hello"]', "3", "3", "3"]
    assert texts(tape, "server")[1:] == ['40{"sid":"wZX3oN0bSVIhsaknAAAI"}', '42["chat","hello"]', "2", "2", "2"]


# --- the rest ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "pongs"), [(0, 1), (125, 1), (126, 0), (65_535, 0)])
def test_a_ping_of_up_to_125_bytes_has_its_pong(size: int, pongs: int) -> None:
    tape = play("long-ping", size=size)
    answers = [entry.plain or b"" for entry in tape.frames(10, "client")]
    assert [len(each) for each in answers] == [size] * pongs


def test_all_ten_messages_arrive_in_order_and_some_late() -> None:
    told = [entry.sentence for entry in play("lossy-path") if entry.sentence.startswith("The server reads")]
    assert [each.split("”")[0].split()[-1] for each in told] == [str(number) for number in range(1, 11)]
    late = [int(each.split(" ms")[0].split()[-1]) for each in told]
    assert min(late) >= 50
    assert max(late) >= 250


def test_whatever_is_lost_all_messages_arrive_and_it_ends_well() -> None:
    for seed in range(100):
        tape = play("lossy-path", seed=seed)
        assert len(texts(tape, "client")) == 10
        assert {entry.fate for entry in tape.frames()} == {"arrived"}
        assert ends(tape) == ((CLOSED, 1000), (CLOSED, 1000))


def test_loss_is_below_1() -> None:
    with pytest.raises(ValueError, match="probability is below 1"):
        play("lossy-path", probability=1.0)


def test_the_word_that_a_censor_does_not_like_never_arrives() -> None:
    tape = play("censor")
    assert [entry.fate for entry in tape.frames(1, "server")] == ["arrived", "lost"]
    assert "close" not in [entry.kind for entry in tape]
