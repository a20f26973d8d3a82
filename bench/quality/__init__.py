"""How good a profile's models are: one table, from footage with a truth file and from a rendered site.

Owns the form of the truth file, the labelled truth of the held-out clips, the queries, and the measures. Consumes a
profile's weights, run directly by ONNX Runtime or OpenVINO, and folders of clips. Emits rows with confidence intervals.
Nothing here is learnt from: see `infra/models/train/footage.py` for the split.
"""
