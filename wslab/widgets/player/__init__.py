"""A scenario: its question, its picture, what explains it, and its fixed variant.

state      the beginning that is shown before the question is answered, what was said, which run is shown
question   what is asked, and the reasons why other answers are not so; `ask` is it as HTML and as text
picture    HTML and text
parts      the foot, part by part, in the order of its tabs; `prose` is a text of an author
marks      the steps that one looks for: the next frame, the next Close, the next difference
gallery    all scenarios by topic, and the search over them
widget     `ScenarioPlayer`
"""
