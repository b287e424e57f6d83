"""A prediction to make before the run.

state      question, choices and answer
picture    HTML and text
widget     `Predict`
"""
