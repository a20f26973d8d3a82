"""Which weights stand behind the model names that Triton serves, and how they are made.

Owns: the profiles (`tiny`, `base`, `large`), the lock of the weights that a user may pull and their fetching, the graph
surgery that gives foreign weights the shapes of `model_repository/` (a module a family), the building of the text
tower, the training of the `tiny` networks and the export of checkpoints.
Consumes: `model_repository/`, weights from the network or a folder, the rendered site (training).
Emits: `<state>/profiles/<profile>/<model>/{config.pbtxt,1/}`, `model_repository/*/1/model.onnx`.
"""
