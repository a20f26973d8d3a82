"""Training of the `tiny` profile's networks: detector, image tower, appearance. `python -m infra.models.train --help`.

Runs in its own environment (`requirements/train.lock`), seeded, on a GPU where there is one.
Consumes: rendered people, vehicles and frames (`infra.rendered_site`); where a folder of real footage is given, its
training clips with pseudo-labels from teacher weights, and stills.
Emits: `model_repository/<model>/1/model.onnx` and the measured `figures.json` beside its card.
"""
