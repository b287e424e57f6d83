"""`wslab slides`: the notebooks of the course as slides.

- `command`: the command and its options.
- `deck`: a notebook as a page that shows one slide at a time.
"""
