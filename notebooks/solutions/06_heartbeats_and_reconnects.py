async def heartbeat(ws, heard):
    try:
        while True:
            await asyncio.sleep(20)
            try:
                await ws.ping(timeout=20)
            except TimeoutError:
                if heard() > 20:
                    ws.abort()
    except ConnectionClosed:
        return


# %%
async def follow(connect, show):
    last = failures = 0
    while True:
        ws = None
        try:
            ws = await connect()
            await ws.send(f"after {last}")
            while True:
                try:
                    number = int(await ws.recv(timeout=20))
                except TimeoutError:
                    await ws.ping(timeout=20)
                    continue
                if number > last:
                    show(number)
                    last, failures = number, 0
        except ConnectionClosed as closed:
            if closed.code == 1000:
                return
        except HandshakeRefused as refused:
            if refused.status == 403:
                return
        except OSError:
            if ws:
                ws.abort()
        await asyncio.sleep(random.uniform(0, min(60, 5 * 2**failures)))
        failures += 1
