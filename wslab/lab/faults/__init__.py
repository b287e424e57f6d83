"""Faults: what can be wrong on a link. One fault is one class, in one place: its values, what it does, its words.

What every fault is, and how it works on a connection:

- `base`: the class of all faults, and its words
- `stage`: a fault at work on the bytes of one direction
- `watcher`: a fault at work on a whole connection
- `pipeline`: one direction of a connection, through its stages

The faults, by family:

- `timing`: later, or together
- `content`: chunks, bits, texts and headers
- `ending`: silence, cuts, and intermediaries that end it
- `pongs`: Pongs that vanish or come late
- `manual`: a gate, and frames put in
- `intervention`: one thing done to some bytes of a scenario's run

Their names:

- `presets`: faults that often come together
- `names`: what a command line writes, and what contradicts what
"""
