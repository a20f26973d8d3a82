"""Which weights stand behind the model names that Triton serves, and how they are made.

Owns: the profiles (`tiny`, `base`), the lock of the weights that a user may pull, the graph surgery that gives foreign
weights the shapes of `model_repository/`, the building of the text tower and the training of the `tiny` networks.
Consumes: `model_repository/`, weights from a folder, the rendered site (training).
Emits: `<state>/profiles/<profile>/<model>/{config.pbtxt,1/model.onnx}`, `model_repository/*/1/model.onnx`.
"""
