def may_enter(origin):
    return origin in {"https://shop.example", "https://www.shop.example"}


# %%
def line(typed):
    name, text = typed
    return f"<p><b>{html.escape(name)}</b>: {html.escape(text)}</p>"


# %%
def taken(arrivals):
    tokens, before, answers = 5, 0, []
    for now in arrivals:
        tokens = min(5, tokens + 2 * (now - before))
        before = now
        answers.append(tokens >= 1)
        if tokens >= 1:
            tokens -= 1
    return answers
