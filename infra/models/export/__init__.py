"""Exporting weights that their authors publish as PyTorch alone: checkpoint in, the ONNX files of the lock out.

Runs on a maintainer's machine, in an environment of its own (`requirements/export.lock`, and torch for the machine):

    python -m infra.models.export siglip2 CHECKPOINT FOLDER
    python -m infra.models.export dfine CHECKPOINT FOLDER

`CHECKPOINT` is a folder in the Transformers layout (`config.json`, `model.safetensors`), or `random` for a small net
of the same architecture with arbitrary weights, which shows that export and surgery fit. The files that come out have
the tensors of the published exports, so that the same surgery serves them; `sightline models pin` says what to lock.

Owns: the tracing. Consumes: checkpoints. Emits: ONNX, opset 17, with a free batch.
"""
