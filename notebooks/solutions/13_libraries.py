def who(error):
    if error.rcvd is None:
        return "nobody" if error.sent is None else "me"
    return "peer" if error.rcvd_then_sent else "me"


# %%
async def talk(ws, push, reply):
    async with asyncio.TaskGroup() as tasks:
        pushing = tasks.create_task(push(ws))
        await reply(ws)
        pushing.cancel()


# %%
async def deliver(ws, rows, save):
    try:
        async with asyncio.timeout(5):
            async for row in rows:
                await ws.send(row)
        await ws.close(1000)
    except TimeoutError:
        await ws.close(1013)
    except asyncio.CancelledError:
        await ws.close(1001)
        raise
    finally:
        await save()
