"""The answers to the questions of `stories.fleets` and `stories.operations`."""

from __future__ import annotations

from wslab.scenarios.asked import Answers

HERD = Answers(
    "They give up first; the server works for those who left",
    {
        "The server refuses them": "It refuses nobody: each gets its 101. Then the server loads their sessions one "
        "after the other, and they give up after 2 s.",
        "They wait too long between two tries": "They wait 0.1 s: each comes back at once and makes the queue longer.",
        "The network is full": "The network has room. It is the queue in the server that takes longer than a client "
        "waits.",
    },
)

RECONNECT = Answers(
    "4, 5 and 6",
    {
        "None: every `send` succeeded": "`send` returns when TCP has taken the bytes, not when they have arrived. News "
        "4 was on its way when TCP was reset.",
        "Only 4, which was on its way": "5 and 6 were published before the server heard from the client "
        "again, and this server does not look at what it has seen.",
        "5 and 6, from the time it was away": "4 is missing, too: it was on its way when TCP was reset, though its "
        "`send` succeeded.",
    },
)

SENT_TWICE = Answers(
    "20: both orders",
    {
        "10: the server knows the order by its number": "This server does not look at the number of an order.",
        "10: the first order was lost": "It arrived and was booked. What was lost is the answer.",
        "0: neither was answered": "Both arrived and were booked. That an answer is missing says nothing of the order.",
    },
)

OUT_OF_ORDER = Answers(
    "The time: it is the quickest",
    {
        "The report: it was asked for first": "The handler starts a task for each message, and each task answers when "
        "it is ready.",
        "Any of them: the network decides": "TCP keeps the order in which the answers were sent. It is the handler "
        "that sends the quickest first.",
    },
    before=6,
)

INSPECTING_PROXY = Answers(
    "The office's proxy, which ends TLS",
    {
        "The browser": "Its request has Upgrade. The one that reaches the server has none.",
        "Nobody can: TLS hides it": "TLS hides it from all but the two ends of TLS, and here one end is the proxy: the "
        "machine trusts its certificate.",
        "The server": "It got a GET without Upgrade, and answers what it got.",
    },
)

AGE_LIMIT = Answers(
    "To connect anew before the age is reached",
    {
        "A Ping every 20 s": "Here 59 Pings had their Pongs. The limit is on the age and not on silence, so no "
        "heartbeat helps.",
        "A longer `ping_timeout`": "No Pong came late. The connection ends at an age, however well it is.",
        "More messages": "It ends in the middle of the conversation: busy or not makes no difference.",
    },
)

ROLLING_DEPLOY = Answers(
    "Up to three times",
    {
        "Once": "It may land on a server that is the next to end: the balancer still sends clients there.",
        "Never: the balancer moves it": "An open connection ends with its server. The client has to open a new one.",
    },
)

DEFLATE_MEMORY = Answers(
    "About 300 KiB",
    {
        "Nothing: they are idle": "With context takeover both windows are kept from the first message on, or from the "
        "handshake, for as long as the connection lives (RFC 7692 §7.1.1).",
        "32 KiB: one window": "A window has 32 KiB, but zlib takes 256 KiB to deflate, and some 40 KiB to inflate.",
        "As much as its largest message": "A message comes and goes. What stays are the windows, for each connection.",
    },
)
