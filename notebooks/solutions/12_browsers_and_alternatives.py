def closes(given):
    code, reason = given
    if code != 1000 and not 3000 <= code <= 4999:
        return "InvalidAccessError"
    return "SyntaxError" if len(reason.encode()) > 123 else "sent"


# %%
def events(stream):
    given, data = [], []
    for line in stream.replace("\r\n", "\n").split("\n")[:-1]:
        field, _, value = line.partition(":")
        if field == "data":
            data.append(value.removeprefix(" "))
        elif not line and data:
            given.append("\n".join(data))
            data = []
    return given


# %%
def follow(ask):
    last, texts = 0, []
    while True:
        try:
            items = ask(last)
        except ConnectionError:
            continue
        if items is None:
            return texts
        for number, text in items:
            if number > last:
                last = number
                texts.append(text)
