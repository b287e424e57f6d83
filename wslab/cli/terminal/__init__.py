"""What the commands share on the screen.

output      plain lines on standard output and standard error
colours     whether the terminal is dark, and the style of each kind of entry
lines       EntryPrinter: the entries of a tape, one a line
facts       questions about an entry: was it injected, how did TCP end
dissection  bytes taken apart, as tables
input       LineInput: lines that a person types or a pipe brings
signals     wait for Ctrl-C or SIGTERM
"""
