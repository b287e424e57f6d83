"""BrowserPeer: a page's own WebSocket, and the tape of the server that it talks to.

state     where the page is, what was dialled, what its script saw
ways      directly or through jupyter-server-proxy, and how one says so
clocks    the script's times on the tape's clock
scripted  the script's moments between the entries of the tape
compare   the script's account beside the tape's
column    what the script saw, as a column beside the timeline
picture   all of it as HTML and as text
widget    the traits, and what the page reports
"""
