body = (1001).to_bytes(2, "big") + b"lunch"
my_close = bytes([0b1000_1000, len(body)]) + body
