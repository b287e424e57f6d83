"""Programs that other people wrote, as the two ends of a link, and what each fault must do to them.

`talk` is what they are asked to do and what they report; one module for each library; `table` is what must come out.
"""
