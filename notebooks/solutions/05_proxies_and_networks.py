def ping_interval(timers):
    return min(timers) / 2


# %%
def forward(headers):
    given = {name.lower(): value for name, value in headers}
    hop = {option.strip().lower() for option in given.get("connection", "").split(",")}
    hop |= {"connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"}
    kept = [(name, value) for name, value in headers if name.lower() not in hop]
    if given.get("upgrade", "").lower() == "websocket":
        kept += [("Upgrade", "websocket"), ("Connection", "Upgrade")]
    return kept


# %%
def cause(endings):
    for name, column in (("idle timer", 2), ("age limit", 1), ("deploy", 0)):
        values = [each[column] for each in endings]
        if max(values) - min(values) < 1:
            return name
    return "something else"
