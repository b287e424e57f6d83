fault = "coalesce:seconds=0.1"


# %%
def ends_well(tape):
    assert [text.plain for text in tape.frames(Opcode.TEXT, "client")] == [b"bye"]
    assert tape.frames(Opcode.CLOSE)[0].sender == "client"
    assert (tape[-1].client.code, tape[-1].server.code) == (1000, 1000)


# %%
async def survives(lab, client):
    connections = []

    async def news(ws):
        connections.append(ws)
        await ws.send(f"news {len(connections)}")
        await ws.wait_closed()

    heard = []
    link = await lab.link(await lab.serve(news))
    task = asyncio.create_task(client(link.url, heard))
    await asyncio.sleep(10)
    link.silence()
    await asyncio.sleep(60)
    link.faults = ()
    await asyncio.sleep(60)
    task.cancel()
    assert heard == ["news 1", "news 2"]
