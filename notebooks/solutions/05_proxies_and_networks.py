def ping_interval(timers):
    return min(timers) / 2


# %%
def forward(headers):
    def options(header):  # a list may stand in several lines (RFC 9110 §5.3)
        values = ",".join(value for name, value in headers if name.lower() == header)
        return {option.strip().lower() for option in values.split(",")}

    hop = {"connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"}
    hop |= options("connection")
    kept = [(name, value) for name, value in headers if name.lower() not in hop]
    if "websocket" in options("upgrade"):
        kept += [("Upgrade", "websocket"), ("Connection", "Upgrade")]
    return kept


# %%
def cause(endings):
    for name, column in (("idle timer", 2), ("age limit", 1), ("deploy", 0)):
        values = [each[column] for each in endings]
        if max(values) - min(values) < 1:
            return name
    return "something else"
