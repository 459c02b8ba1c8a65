"""How the shipped model is made again: labelled items, the encoder it starts from, training, measuring, exporting.

Nothing here is imported by the rest of `nlp`; torch lives only here. `make train` runs all of it (README.md beside this
file says what it needs and how long it takes).
"""
