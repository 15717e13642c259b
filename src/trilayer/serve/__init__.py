"""A model behind HTTP: rows of JSON in, logits, probabilities and labels out.

`application` builds the ASGI application; `trilayer serve` runs it. `rows` is the plain endpoint,
`inference` the Open Inference Protocol (version 2), `scoring` what both ask of a model.
"""
