def whose(closes):
    for sender, code in closes:
        if code == 1009:
            return sender
    return "nobody"


# %%
async def relay(one, other):
    async def pump(source, target):
        try:
            async for message in source:
                await target.send(message)
        finally:
            await target.close()

    await asyncio.gather(pump(one, other), pump(other, one))


# %%
async def tell_all(users, news):
    queues = {user: asyncio.Queue(4) for user in users}

    async def feed(user, queue):
        try:
            while (item := await queue.get()) is not None:
                await user.send(item)
        except TimeoutError:
            drop(user)
        except ConnectionClosed:
            queues.pop(user, None)

    def drop(user):
        queues.pop(user, None)
        tasks.create_task(user.close_quietly(1013, "too slow"))

    def offer(item):
        for user, queue in list(queues.items()):
            try:
                queue.put_nowait(item)
            except asyncio.QueueFull:
                feeders[user].cancel()
                drop(user)

    async with asyncio.TaskGroup() as tasks:
        feeders = {user: tasks.create_task(feed(user, queue)) for user, queue in queues.items()}
        async for item in news:
            offer(item)
        offer(None)
