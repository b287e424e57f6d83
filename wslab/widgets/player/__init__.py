"""A scenario: its question, its picture, what explains it, and its fixed variant.

state      what is asked, the beginning that is shown before it is answered, which run is shown
picture    HTML and text
parts      the explanation, part by part
widget     `ScenarioPlayer`
"""
