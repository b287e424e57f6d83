"""What people say, put to the test: an experiment for each claim, and the verdict that its figures give.

charts          what is drawn, as data
experiment      what an experiment is, and what its parts share
handshakes      the experiments, one module a subject: the opening handshake,
frames          frames and masking,
conversations   both directions, Ping and Pong, the end,
arrivals        text, order, delivery and loss,
networks        timers, stickiness, users who are gone, coming back,
safety          attacks, TLS, size and backpressure,
choices         libraries, browsers, polling, clusters, censors and uses
table           all of them by name
claim           `myths`: a claim in a learner's hands, and what a run found
judging         `check_judge`: a learner's own judge, tried with the figures of several runs
"""

from wslab.course.claims.claim import CHOICES, Claim, Claims, Finding, myths
from wslab.course.claims.judging import check_judge

__all__ = ["CHOICES", "Claim", "Claims", "Finding", "check_judge", "myths"]
