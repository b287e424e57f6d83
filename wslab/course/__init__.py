"""What a teacher needs: predictions that a run answers, and checks that name the first wrong bit.

Rules of this layer: nothing here blocks, raises at a learner or knows an answer that a run or the protocol could give.
A stub that is not filled in yet survives Run All and is told "not yet". It draws nothing: `wslab.widgets` does.
"""

from wslab.course.accept import check_accept
from wslab.course.checks import CheckResult, check_bytes, check_value
from wslab.course.predictions import Answer, Prediction

__all__ = ["Answer", "CheckResult", "Prediction", "check_accept", "check_bytes", "check_value"]
