"""What happened in a lab, as a sequence of entries. Nothing here has a socket, a clock, a thread or a task.

`tape`         a sequence of entries: queries, slices, comparisons
`log`          the records below it, append-only and bounded
`records`      the kinds of records, and the facts among them
`entry`        one head, frame, TCP event or fault, with what each side believes
`interpreter`  from records to entries
`dissector`    the bytes of one side, cut into heads and frames
`offsets`      what of a stream is on its way, missing or changed, by place
`sentences`    facts in sentences, made when somebody asks
`text`         a tape in words, and the few words on an arrow
`diff`         two tapes compared
`follow`       the one cursor for all who follow a tape
`jsonlines`    our own file format
`files`        what all formats share: whole files, warnings, the error
"""
