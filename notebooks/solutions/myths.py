def judge_opcodes(figures):
    parts = [figures["of the five"] == 5, figures["beside the five"] == 0]
    if all(parts):
        return "true"
    return "half true" if any(parts) else "false"


# %%
def judge_order(figures):
    return "true" if figures["out of order"] else "false"


# %%
def judge_halves(figures):
    if figures["connections that lost their order"]:
        return "true"
    apart = figures["places where they read another line"]
    return "not a matter of the protocol" if apart else "false"
