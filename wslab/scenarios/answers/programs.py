"""The answers to the questions of `stories.programs` and `stories.uses`."""

from __future__ import annotations

from wslab.scenarios.asked import Answers

FORGOTTEN_TASK = Answers(
    "Two prices, and then nothing",
    {
        "A Close with 1011": "Nobody awaits the task, so its error reaches nobody but the log. The handler waits for a "
        "message and knows nothing of it.",
        "The end of TCP, 1006": "The connection stays open: both sides believe OPEN, and a Ping would get its Pong.",
        "A message with the error": "The error stays in the task, and in the log at best. Nobody sends it.",
    },
)

WRONG_THREAD = Answers(
    "At 10 s, when something else wakes the loop",
    {
        "At 2 s, when it is ready": "`create_task` from another thread puts the task into the loop's list and wakes "
        "nobody. The loop sleeps on.",
        "Never": "The client's question at 10 s wakes the loop, and the report goes out with it.",
        "Not at all: `create_task` raises an error": "asyncio checks the thread in its debug mode only. Without it "
        "the task waits in the list.",
    },
)

CANCELLED_CLOSE = Answers(
    "1006: the Close was never sent",
    {
        "1000: `finally` always runs": "It ran, and the second cancellation ended the `await` in it before it came to "
        "the Close.",
        "1011: the handler failed": "A task that is cancelled is not one that failed. No Close was sent at all.",
    },
)

LOOP_RUNNING = Answers(
    "A Close with 1011",
    {
        "The name": "A thread runs one event loop at a time, and the handler is called by one: `asyncio.run` raises "
        "RuntimeError.",
        "Nothing: the handler hangs": "It fails at once with a RuntimeError, and the server ends the connection.",
        "The end of TCP, 1006": "The server does send a Close: 1011, for an error of its own (§7.4.1).",
    },
)

POLLING = Answers(
    "It saves bytes and delay, and costs an open connection",
    {
        "It saves nothing: the news is the same": "In this hour polling takes 39,405 bytes and the WebSocket 2,937. "
        "News is 12 s late on average, or 51 ms.",
        "It saves delay, and costs more bytes": "Here it takes fewer bytes, too: 2,937 against 39,405. It would take "
        "more only if the page asked much less often.",
    },
)

DASHBOARD = Answers(
    "One direction: the page sends no message",
    {
        "All of it: messages go both ways": "After the handshake the page sends 2 Pongs and a Close, and no message.",
        "None of it: the page could ask each time": "The server sends 60 values that nobody has to ask for. That "
        "direction it does use.",
    },
)

CHAT = Answers(
    "No: each page shows its own line first",
    {
        "Yes: the server puts them in order": "It does. But each page shows its own line at once, before that order "
        "has reached it.",
        "Yes: TCP keeps the order": "TCP keeps the order of one connection, and Ann and Ben have one each.",
        "No: one of the lines is lost": "Both lines arrive at both pages.",
    },
    before=9,
)

GAME = Answers(
    "Up to about 0.3 s: what is lost comes again",
    {
        "At most 50 ms, the time of one position": "TCP holds back the newer positions until the lost one has come "
        "again. Meanwhile the player sees an old one.",
        "It has gaps: some positions never come": "All 200 come, and in order. Over TCP a loss becomes a delay.",
    },
)

JOINT_EDITING = Answers(
    "That of the text that came to the server last",
    {
        "Both: WebSocket merges them": "WebSocket carries messages and merges nothing. Each page sends its whole text, "
        "without the other's edit.",
        "Neither: the server refuses the second": "The server takes each text as it comes and keeps the last.",
        "That of the text that was sent first": "The text that comes later takes its place: the server keeps the "
        "last one.",
    },
    before=9,
)
