"""`wslab grade`: what a class has handed in, as a table.

- `command`: the command and its options.
- `folder`: the files in the folder that can be graded, and what cannot be read.
- `cells`: the code cells of a notebook, and the definitions in them.
- `exercises`: the exercises of the course with their checks; `jobs` joins these with a learner's definitions.
- `running`: the jobs in processes of their own, which are `worker`.
- `rows`: what is told of each file; `table` shows and writes it.
"""
