"""`wslab handout`: a page to print for each notebook of the course, and the course on paper in general.

- `command`: the command and its options.
- `outline`: what a notebook says of itself: goals, time, questions, what to remember.
- `page`: the outline as a page to print.
"""
