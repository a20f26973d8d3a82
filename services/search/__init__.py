"""The search service: a sentence, a picture or a track to the hits that are like it.

Owns: the schema `search` (nothing in it yet), how queries are encoded, how hits are scored, folded and ordered.
Consumes: `search.query.v1` (request and reply on a queue of its own); reads `embed.*_read` and `ingest.*_read`, the
pictures that callers uploaded, the models on Triton.
Emits: a `contracts.query.Reply`: a `SearchAnswer` or a fault.
"""
