"""What an explanation tells of a run is on its tape: who waited, who gave up, what was lost, what came late.

The second reading, with the lowest, the highest and an odd value of each parameter, found the sentences here untrue.
"""

from __future__ import annotations

import pytest

from wslab.protocol import Opcode
from wslab.scenarios import SCENARIOS, play
from wslab.scenarios.player import PlayedTape


def told(name: str, **parameters: object) -> str:
    """What happened and what each side knows, in the words of the explanation."""
    explanation = play(name, **parameters).explanation  # type: ignore[arg-type]
    return f"{explanation.what} {explanation.knows}"


def late(tape: PlayedTape, opcode: int, seconds: float) -> int:
    """How many frames of this opcode were on their way for longer."""
    return sum((entry.arrived or 0) - entry.time > seconds for entry in tape.frames(opcode))


@pytest.mark.parametrize(
    ("name", "parameters", "says", "not_that"),
    [
        ("close-in-flight", {"delay": 0.0}, "none is missed", "prices were lost"),
        ("close-in-flight", {"delay": 0.1}, "prices were lost", "none is missed"),
        ("close-unanswered", {"busy": 0.0, "timeout": 0.0}, "answers at once", "computes for 0 s"),
        ("close-unanswered", {"timeout": 33.3}, "computes for 60 s", "answers at once"),
        ("close-unanswered", {"busy": 60.0, "timeout": 60.0}, "computes for 60 s", "answers at once"),
        ("half-open", {"ping_interval": 45.0}, "fails the connection", "goes on counting"),
        ("zombie-user", {"ping_interval": 90.0}, "no longer counts Bob", "both of Ada's messages"),
        ("zombie-user", {"ping_interval": 99.0}, "still waits for TCP to end", "no longer counts Bob"),
        ("half-open-server", {"ping_interval": 75.0}, "fails the connection", "neither side notices"),
        ("trickle", {"timeout": 29.5, "gap": 5.0}, "no Close came back", "waits for the rest"),
        ("slow-consumer", {"pause": 0.0}, "in a moment", "pile up"),
        ("keepalive", {"ping_interval": 1000.0, "idle": 2000.0}, "no Ping is sent", "knows it from each Pong"),
        ("slow-keepalive", {"ping_interval": 2000.0, "idle": 1000.0}, "nothing happens", "both are wrong"),
        ("slow-keepalive", {"ping_interval": 2000.0}, "both are wrong", "nothing happens"),
        ("tunnel", {"seconds": 0.0}, "Nothing was on its way", "No Pong takes longer"),
        ("tunnel", {"seconds": 1.0}, "nothing comes late", "No Pong takes longer"),
        ("tunnel", {"seconds": 1.3}, "No Pong takes longer", "Nothing was on its way"),
        ("blocked-loop", {"where": "in a thread", "busy": 0.0}, "No Ping stays unanswered", "each Pong showed"),
        ("pong-behind-upload", {"fragment": 30_000, "size": 7}, "through before any Pong", "Each Pong slips"),
        ("pong-behind-queue", {"pause": 0.0}, "each Ping finds its Pong", "fails the connection"),
        ("trickle", {"timeout": 0.0}, "a clean end", "no Close came back"),
        ("slow-consumer", {"messages": 1}, "in a moment", "pile up"),
        ("slow-consumer", {"messages": 256, "pause": 0.0}, "in a moment", "reads slowly"),
        ("slow-consumer", {"messages": 5, "pause": 5.0}, "does not wait that long", "longer than the server waits"),
        ("slow-consumer", {"messages": 256}, "the server cuts TCP", "before its story is over"),
        ("slow-consumer", {"pause": 33.3, "drain": True}, "the server cuts TCP", "before its story is over"),
        ("deflate-bomb", {"limit": 7}, "inflates nothing", "stops inflating"),
        ("herd", {"a_second": 1000.0}, "100 connections", "CLOSED"),
        ("reconnect", {"away": 33.3, "resume": "by-number"}, "believes OPEN, and the server OPEN", "believes nothing"),
        ("age-limit", {"age": 7, "renew": 3240}, "the client's own 3240 s come too late", "ended cleanly"),
        ("age-limit", {"age": 7}, "before the first Ping", "0 Pings"),
        ("age-limit", {"age": 90}, "1 Ping had an answer", "before the first Ping"),
        ("age-limit", {"age": 90, "renew": 90}, "90 s come too late", "before the client's own"),
        ("keepalive", {"ping_interval": 300.0, "idle": 700.0}, "kept the connection without them", "keep the conn"),
        ("keepalive", {}, "24 Pings and 24 Pongs keep the connection", "without them"),
        ("keepalive", {"idle": 601.0}, "24 Pings and 24 Pongs keep the connection", "without them"),
        ("keepalive", {"idle": 601.001}, "24 Pings and 24 Pongs keep the connection", "without them"),
        ("keepalive", {"idle": 601.002}, "kept the connection without them", "keep the connection"),
        ("cut", {}, "The client has its echo", "nor whether its last message"),
        ("close-without-code", {"code": 1011}, "both logs have the code", "intended"),
        ("hasty-reset", {"pages": 30}, "what still waits there is lost", "on its way is lost"),
        ("lossy-path", {"probability": 0.02, "seed": 55}, "sometimes several at a time", "none of the ten"),
        ("dashboard", {"values": 2}, "By the Close with 1000 the server knows", "the page is there"),
        ("dashboard", {"values": 40}, "By each Pong the server knows", "By the Close"),
        ("slow-keepalive", {"idle": 180.0}, "gone well without a Ping, too", "keeps this one"),
        ("slow-keepalive", {"idle": 90.0}, "keeps this one", "without a Ping"),
        ("slow-keepalive", {"idle": 100.01}, "keeps this one", "without a Ping"),
        ("slow-keepalive", {"idle": 74.999}, "by some milliseconds", "keeps this one"),
        ("trickle", {"gap": 0.0, "timeout": 0.005}, "there the story ends", "the code that it received"),
        ("trickle", {"gap": 0.0, "timeout": 0.02}, "there the story ends", "the code that it received"),
        ("wrong-close-code", {}, "it read no valid Close", "received no valid"),
        ("close-answer-lost", {}, "TCP ends with RST and not with FIN", "all went well"),
        ("reconnect", {"away": 33.3}, "went to nobody", "takes all news for delivered"),
        ("inspecting-proxy", {"path": "wss://, inspected"}, "before it sends its handshake", "before any HTTP"),
        ("one-way-heartbeat", {}, "before the story ends", "nothing tells the client."),
        ("slow-one-in-the-room", {"fan_out": "a queue each", "queue": 8}, "closes with 1013", "before its story"),
        ("background-tab", {"limit": 0.0}, "before the tab is hidden", "once a minute"),
        ("background-tab", {"limit": 1000.0}, "content with that", "ends the connection"),
        ("wrong-thread", {"work": 33.3}, "leaves without it", "goes out with"),
        ("wrong-thread", {"work": 10.0005, "asks": 10.0}, "goes out with the answer", "leaves without it"),
        ("token-in-url", {"where": "first message"}, "does not get in", "is refused"),
        ("in-order", {"messages": 1}, "sends 1 message,", "Some came late"),
        ("blocked-loop", {"busy": 25.0}, "reads the Pings and the Close", "is not read"),
        ("blocked-loop", {"busy": 30.0}, "is not read", "reads the Pings and the Close"),
        ("pong-behind-upload", {"fragment": 100_000, "size": 300_000}, "through before any Pong", "slips between"),
        ("slow-consumer", {"messages": 8, "pause": 5.0, "drain": True}, "arrives, 8 messages", "no Close came to"),
        ("slow-consumer", {"messages": 2, "pause": 1.0, "drain": True}, "TCP takes all", "the client take them"),
        (
            "slow-consumer",
            {"messages": 256, "pause": 0.01, "drain": True},
            "as fast as the client reads",
            "in a moment",
        ),
        ("slow-consumer", {"pause": 0.02, "drain": True}, "as fast as the client reads", "in a moment"),
        ("slow-consumer", {"messages": 4, "drain": True}, "in a moment", "as fast as the client reads"),
        ("lossy-path", {"fixed": True}, "takes 51 ms", "50 ms"),
        ("lossy-path", {"probability": 0.01}, "takes 51 ms", "50 ms"),
        ("crossing-messages", {}, "after 501 ms", "0.5 s"),
        ("crossing-messages", {"delay": 0.0}, "after 1 ms", "0 s"),
        ("crossing-messages", {"delay": 0.001}, "after 2 ms", "0.001 s"),
        ("herd", {"watched": 1.0}, "some of these still wait", "given up"),
        ("browser-says-no", {}, "so does the message of that error", "securitypolicyviolation"),
        ("browser-says-no", {"reason": "content policy"}, "`securitypolicyviolation` tells", "the message of that"),
        ("browser-says-no", {"reason": "local network"}, "console says why in one sentence.", "message of that"),
        ("lossy-path", {"probability": 0.01}, "none of the ten messages was lost", "come late"),
        ("game", {"probability": 0.0}, "would see a loss", "sees a loss"),
        ("dashboard", {"values": 1}, "0 Pongs and a Close", "only Pongs"),
        ("trickle", {"timeout": 30.0}, "answers inside its unfinished frame", "cannot answer"),
        ("keepalive", {"ping_interval": 60.0}, "is due after 60 s", "would go"),
        ("reconnect", {"resume": "last-five"}, "does not look at it", "does not know what the client has"),
        ("tunnel", {"ping_timeout": 0.05}, "before the train is in the tunnel", "out of the tunnel"),
        ("hasty-reset", {"pages": 1}, "By luck", "is lost"),
        ("reconnect", {"resume": "last-five", "away": 0.0}, "five at most", "gets the last five"),
        ("hasty-reset", {"pages": 20}, "is lost", "By luck"),
        ("wrong-thread", {"work": 33.3}, "before the client's Close does", "for it, and the client leaves"),
        ("idle-proxy", {"quiet": 0.001, "idle": 0.01}, "in time, and the server answers", "message is lost"),
        ("idle-proxy", {"quiet": 0.0, "idle": 0.02}, "in time, and the server answers", "message is lost"),
        ("idle-proxy", {"quiet": 0.001, "idle": 0.002}, "message is lost", "in time"),
        ("idle-proxy", {"quiet": 59.999}, "on its way to the proxy when 60 s", "wants to speak later"),
        ("idle-proxy", {"quiet": 60.001}, "wants to speak later", "on its way to the proxy"),
        ("herd", {}, "has got RST, but its program does not look", "before it speaks to them"),
        ("close-unanswered", {"busy": 10.0}, "reads the Close too late", "Later the server"),
        ("browser-says-no", {}, "raises `SecurityError`", "or an exception"),
        ("browser-says-no", {"reason": "content policy"}, "no `close` event behind it", "SecurityError"),
        ("browser-says-no", {"reason": "local network"}, "a `close` event with that code", "no code"),
        ("herd", {}, "some of these still wait for their session", "of 39"),
        ("herd", {"backoff": "full-jitter"}, "Of 100 the client believes OPEN", "still wait for their session"),
    ],
    ids=str,
)
def test_an_explanation_tells_what_happened_in_its_run(
    name: str, parameters: dict[str, object], says: str, not_that: str
) -> None:
    words = told(name, **parameters)
    assert says in words
    assert not_that not in words


@pytest.mark.parametrize(
    ("name", "parameters", "says", "not_that"),
    [
        ("close-code", {"code": 1010}, "only in its answer", "A server does not send it"),
        ("wrong-close-code", {}, "from 4000 to 4999", "from 3000 to 4999 of your own"),
        ("herd", {"backoff": "full-jitter", "timeout": 0.1}, "attempts fail:", "Fewer attempts fail"),
        (
            "herd",
            {"backoff": "full-jitter", "a_second": 10.0, "watched": 100.0},
            "Yet 91 of 191 attempts",
            "Few attempts",
        ),
        ("herd", {"backoff": "full-jitter"}, "Fewer attempts fail", "Yet"),
        ("herd", {"watched": 1.0}, "whose turn has not come", "done with each"),
        ("herd", {"watched": 0.0}, "before the first client has opened", "done with each"),
        ("herd", {"a_second": 1000.0}, "done with each", "whose turn has not come"),
        ("keepalive", {"idle": 25.0}, "such as 25 for one of 60 s", "`ping_interval=25`: less"),
        ("idle-proxy", {"idle": 30.0, "quiet": 20.0}, "such as 25 for one of 60 s", "`ping_interval=25` on the server"),
        ("clean-close-by-server", {"code": 1012}, "close(1012, reason)", "the auction is over"),
        ("inspecting-proxy", {"path": "ws://"}, "for ws:// too (§4.1 step 3)", "TLS ends at the proxy"),
        ("inspecting-proxy", {}, "TLS ends at the proxy", "§4.1 step 3"),
        ("slow-one-in-the-room", {}, "has no bound", "which never waits"),
        ("age-limit", {}, "all at one moment", "No Close comes: 1006"),
        ("censor", {}, "the key is in the frame (§5.3)", "§10.3"),
        ("chat", {"shows": "when it comes back"}, "queue.put_nowait(line)", "await each.send"),
        ("game", {"probability": 0.0}, "No position was lost", "sends again what was lost"),
        ("game", {"probability": 0.01, "seed": 54}, "No position was lost", "Nothing was lost"),
        ("pong-lost", {"judge": "any message"}, "has to send one for a Ping", "needed only where"),
        ("network-change", {}, "The phone says what it saw last", "says nothing"),
        ("pong-lost", {"judge": "any message"}, "does not count Pongs", "one sign of life of several"),
        ("pong-behind-queue", {"pause": 1000.0}, "too late or never", "answered too late ("),
        ("partition", {"numbered": True}, "does not say which came first", "shows what came before"),
        ("tunnel", {"ping_timeout": 0.1}, "here 102 ms", "here 100 ms"),
        ("zombie-user", {}, "unless its keepalive is on", "by itself"),
        ("half-open", {"ping_interval": 59.0}, "still waits for its Pong", "and so nothing goes unanswered"),
        ("network-change", {}, "nothing tells the server for minutes", "nothing tells the server."),
        ("handshake-unanswered", {"tries": 2}, "what swallowed the answer on the first one", "one bad moment"),
        ("trickle", {}, "that counts what the client sends", "every idle timer"),
        ("half-open", {"ping_interval": 20.0}, "finds a dead connection 40 s after", "is gone 40 s"),
        ("cancelled-close", {}, "the `await` that it meets", "every `await`"),
        ("zombie-user", {}, "100 s at least (RFC 9293 §3.8.3), on Linux about 15 minutes", "for many minutes"),
        ("masked-server", {}, "needs a forged request as well", "nothing to protect"),
        ("masked-server", {"masks": False}, "only what a client sends", "no script"),
        ("slow-one-in-the-room", {"fan_out": "a queue each"}, "for 2 s here", "until that user reads again"),
        ("socket-io", {}, "Each text message begins with a digit", " Each message begins"),
        ("handshake-unanswered", {"tries": 2}, "its first pause is random", "does this in websockets"),
        ("herd", {"watched": 0.101}, "first client has opened", "given up"),
        ("herd", {"watched": 0.102}, "first client has opened", "given up"),
        ("herd", {"backoff": "exponential", "watched": 5.001}, "first client has opened", "come together"),
        ("herd", {"watched": 2.15}, "given up after 2 s", "first client has opened"),
        ("close-code", {"code": 1002}, "or an intermediary that changed", "and the other made it"),
        ("token-in-url", {}, "no header of a handshake but Sec-WebSocket-Protocol", "cannot set headers"),
        ("handshake-refused", {"status": 401}, "cannot set this header", "cannot set headers"),
        ("trickle", {"timeout": 30.0}, "except TimeoutError: await connection.close", "then `await"),
        ("cancelled-close", {"clean_up": "with its own limit"}, "except TimeoutError: await ws.close", "after it"),
        ("wrong-close-code", {"code": 5000}, "websockets and ws refuse to send 5000", "Libraries refuse others"),
        ("deflate-bomb", {"limit": 1000}, "here that alone is too much", "does not see it"),
        ("herd", {"timeout": 4.0}, "that work is for nobody", "it is busy"),
        ("cut", {}, "what it still had to send", "what is still on its way"),
    ],
    ids=str,
)
def test_a_reason_and_the_advice_fit_the_run(
    name: str, parameters: dict[str, object], says: str, not_that: str
) -> None:
    explanation = play(name, **parameters).explanation  # type: ignore[arg-type]
    words = f"{explanation.why} {explanation.code}"
    assert says in words
    assert not_that not in words


@pytest.mark.parametrize(
    ("name", "parameters", "says"),
    [
        ("hasty-reset", {}, "“even if there was data waiting to be read” (§1.4)"),
        ("hasty-reset", {"pages": 1}, "as on Linux"),
        ("pong-behind-queue", {}, "the server's Close among it"),
        ("slow-consumer", {"pause": 33.3}, "as on Linux"),
        ("close-unanswered", {}, "as on Linux"),
        ("network-change", {}, "gives up after about 15 minutes"),
        ("one-way-heartbeat", {}, "gives up after about 15 minutes"),
        ("half-open", {}, "gives up after about 15 minutes"),
        ("zombie-user", {}, "gives up after about 15 minutes"),
        ("half-open-server", {}, "after about 15 minutes"),
        ("partition", {"numbered": False}, "answers with RST (RFC 9293 §3.5.2)"),
        ("partition", {"numbered": True}, "answers with RST (RFC 9293 §3.5.2)"),
        ("handshake-unanswered", {}, "sends the 101 again"),
        ("handshake-unanswered", {"tries": 2}, "sends the 101 again"),
        ("close-answer-lost", {}, "TCP would send the lost answer again"),
        ("tunnel", {}, "up to about 15 s later after 15 s"),
    ],
    ids=str,
)
def test_where_a_real_tcp_would_do_more_the_limits_say_so(name: str, parameters: dict[str, object], says: str) -> None:
    """The model sends nothing again, never gives up, and lets a reader have what came before a RST."""
    assert says in " ".join(play(name, **parameters).explanation.limits.split())  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["half-open", "close-answer-lost", "handshake-unanswered", "herd"])
def test_a_limit_below_a_round_trip_is_no_value_where_it_would_be_another_story(name: str) -> None:
    with pytest.raises(ValueError, match=r"timeout is 0\.1 or more; this is 0\.05"):
        play(name, timeout=0.05)
    assert play(name, timeout=0.1).run.ended_early is None


@pytest.mark.parametrize("name", ["lossy-path", "in-order", "game"])
def test_how_often_the_model_loses_a_packet_is_told(name: str) -> None:
    assert "lost six times at most" in play(name).explanation.limits


@pytest.mark.parametrize("delay", [0.0, 0.5, 4.9])
def test_both_sides_send_at_the_same_moment(delay: float) -> None:
    hers, his = (play("crossing-messages", delay=delay).frames(Opcode.TEXT, side)[0] for side in ("client", "server"))
    assert abs(hers.time - his.time) < 0.01


def test_a_run_is_the_fixed_variant_only_with_the_values_of_the_fix() -> None:
    assert play("half-open-server", fixed=True).is_the_fix
    assert play("half-open-server", ping_interval=20.0).is_the_fix
    assert not play("half-open-server", fixed=True, ping_interval=90.0).is_the_fix
    assert not play("half-open-server").is_the_fix


def test_pings_that_were_answered_are_not_called_lost() -> None:
    assert "calls the Pings lost" in play("blocked-loop").explanation.limits
    assert "meets the RST first" in play("blocked-loop").explanation.limits
    assert not play("blocked-loop", busy=25.0).explanation.limits


def test_the_answer_of_a_client_that_is_inside_a_frame_lands_in_that_frame() -> None:
    tape = play("trickle", timeout=30.0)
    assert tape.bytes(1, "client")[-8:-6] == b"\x88\x82"
    assert not tape.frames(Opcode.CLOSE, "client")


@pytest.mark.parametrize("away", [0.0, 0.25, 1.0, 33.3])
def test_a_client_that_is_back_late_still_gets_what_it_missed_by_its_number(away: float) -> None:
    tape = play("reconnect", resume="by-number", away=away)
    assert "each once, and in order" in tape[-1].sentence


@pytest.mark.parametrize("delay", [0.0, 0.2, 1.0, 2.0])
def test_two_messages_cross_at_every_delay(delay: float) -> None:
    tape = play("crossing-messages", delay=delay)
    (hers,), (his,) = tape.frames(Opcode.TEXT, "client"), tape.frames(Opcode.TEXT, "server")
    assert hers.arrived is not None
    assert his.arrived is not None
    assert hers.time < his.arrived
    assert his.time < hers.arrived


def test_an_order_that_stays_is_late_only_where_a_packet_was_lost() -> None:
    tape = play("in-order")
    assert late(tape, Opcode.TEXT, 0.2)
    assert "Some came late" in tape.explanation.what


def test_an_early_end_names_the_error_and_not_its_groups() -> None:
    tape = play("chat", delay=33.3)
    assert tape.run.ended_early is not None
    assert "TaskGroup" not in tape.explanation.what


def test_a_name_that_no_certificate_can_have_is_one_sentence() -> None:
    with pytest.raises(ValueError, match="name is a host's name"):
        play("tls-name-mismatch", name="forbidden fruit")


@pytest.mark.parametrize("ping_interval", [None, 60.0, 90.0, 99.0, 100.0, 101.0, 1000.0])
def test_bob_is_counted_where_the_explanation_says_so(ping_interval: float | None) -> None:
    tape = play("zombie-user", ping_interval=ping_interval)
    is_gone = "no longer counts Bob" in tape.explanation.what
    assert tape[-1].sentence == f"The server counts {'1 user' if is_gone else '2 users'}."


@pytest.mark.parametrize("pause", [0.0, 0.5, 3.0])
def test_the_pause_of_a_ping_between_fragments_is_before_it_and_after_it(pause: float) -> None:
    first, ping, _, last, _ = play("ping-between-fragments", pause=pause).frames()[:5]
    assert ping.time - first.time == pytest.approx(pause, abs=0.01)
    assert last.time - ping.time == pytest.approx(pause, abs=0.01)


@pytest.mark.parametrize("whose", ["server", "client", "gateway"])
def test_a_limit_that_no_close_fits_in_is_refused_and_the_smallest_lets_its_message_through(whose: str) -> None:
    with pytest.raises(ValueError, match="limit is 125 to"):
        play("message-too-big", whose=whose, limit=1, size=1)
    assert "gets through" in told("message-too-big", whose=whose, limit=125, size=125)
    assert "fails the" in told("message-too-big", whose=whose, limit=125, size=126)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("message-too-big", {"size": 1_000_000}),
        ("trickle", {"gap": 3.0}),
        ("trickle", {"timeout": 5.0}),
        ("tunnel", {"seconds": 1000.0}),
    ],
    ids=str,
)
def test_what_the_fixed_variant_changes_is_not_told_of_a_fixed_run_with_other_values(
    name: str, parameters: dict[str, object]
) -> None:
    fixed = SCENARIOS[name].fixed
    assert play(name, fixed=True, **parameters).fix.startswith(f"{fixed} (So it is with the default values")  # type: ignore[arg-type]
    assert play(name, fixed=True, **SCENARIOS[name].fix).fix == fixed  # type: ignore[arg-type]
    assert play(name, fixed=True).fix == play(name, **parameters).fix == fixed  # type: ignore[arg-type]
