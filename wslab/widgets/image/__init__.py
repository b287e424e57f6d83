"""The picture of a view as an image: SVG that needs no style sheet, for who takes styles out of a notebook.

- `shapes` has the parts, each with its colours in its own attributes.
- `timeline`, `state_map`, `handshake`, `masking` and `frame` (the strip of a frame or of checked bytes) draw the views.
"""
