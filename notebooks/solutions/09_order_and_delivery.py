def in_order(items):
    kept = dict(items)
    shown = []
    while len(shown) + 1 in kept:
        shown.append(kept[len(shown) + 1])
    return shown


# %%
def current(received):
    newest, orders = next((number, value) for kind, number, value in received if kind == "list")
    changes = {number: value for kind, number, value in received if kind == "change"}
    return orders + [changes[number] for number in sorted(changes) if number > newest]


# %%
async def answer_all(ws, work):
    waiting = asyncio.Queue()

    async def reply():
        with suppress(ConnectionClosed):
            while (task := await waiting.get()) is not None:
                await ws.send(await task)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(reply())
        async for question in ws:
            waiting.put_nowait(tasks.create_task(work(question)))
        waiting.put_nowait(None)
