def mask_rest(piece, key, begin):
    return bytes(byte ^ key[(begin + i) % 4] for i, byte in enumerate(piece))
