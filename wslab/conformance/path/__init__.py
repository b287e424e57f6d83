"""A path through RFC 6455 for a server that somebody writes, in any language: stage by stage, judged by its bytes.

case       what is sent to the server, and what has to come back
stages/    the stages with their cases, in the order of the path
replies    what came back, as messages with their places
exchange   one case, played over a connection of its own
judging    what came against what had to come: the first wrong byte, the rule
target     the server: a program that is started here, or an address
served     the same for a function of this process
run        running the stages
progress   the file that keeps what has passed
"""
