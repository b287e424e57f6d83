"""Our connection against `wsproto` and `websockets`, on streams that are legal, mutated or random: see README.md."""
