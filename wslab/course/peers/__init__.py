"""A legal exchange, one byte of it changed, and what real peers make of it, run on the spot.

- `exchanges`: the legal bytes. `changes`: one byte that is not what it was, by hand or by chance.
- `reading`: what a peer made of bytes, in the same words for every peer.
- `in_wslab`, `in_websockets`, `in_wsproto`: libraries in this process, sans-IO; wsproto only where it is installed.
- `in_node`: npm's `ws`, in a process of Node.js, where both are; `ws.js` is its program.
- `judging`: the reading of the changed bytes beside that of the legal ones: accepted, refused, waits, reads something
  else. `find`: which peers are here, and all of them asked. `words`: verdicts as sentences, and what the RFC leaves
  open.
- `attempt`: a learner's change, guess and score.

No verdict is written down: each is what ran.
"""
