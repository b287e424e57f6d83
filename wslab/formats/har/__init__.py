"""HAR, the HTTP archive of browsers and proxies, both ways.

`write`       a tape as a HAR (`save`)
`read`        a HAR as a tape (`load`)
`entries`     which entries are WebSocket connections, and how each was opened
`connection`  one entry as records
`heads`       its request and response
`messages`    its messages, each by `message`
`times`       what the times of a HAR mean
"""

from wslab.formats.har.read import load
from wslab.formats.har.write import save

__all__ = ["load", "save"]
