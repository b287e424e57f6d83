def mask_rest(piece, key, begin):
    return bytes(octet ^ key[(begin + i) % 4] for i, octet in enumerate(piece))
