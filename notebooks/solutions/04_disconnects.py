body = (1001).to_bytes(2, "big") + b"back at 5"
my_close = bytes([0b1000_1000, len(body)]) + body
