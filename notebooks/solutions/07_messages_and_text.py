payload = "Grüße".encode()[3:]
second = bytes([0b1000_0000, len(payload)]) + payload


# %%
def repaired(text):
    for name in ("cp1252", "mac_roman"):
        try:
            return text.encode(name).decode("utf-8")
        except UnicodeError:
            continue
    return text


# %%
def readings(message):
    found = []
    while message:
        number, degrees, length = struct.unpack("!IhB", message[:7])
        found.append((number, degrees, message[7 : 7 + length].decode()))
        message = message[7 + length :]
    return found
