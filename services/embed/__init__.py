"""The embed service: stills of tracks and scenes to vectors.

Owns: the schema `embed` (spaces, one table of vectors per kind of space, partitioned by day).
Consumes: `embed.items.v1`; reads `ingest.tracks_read`, `ingest.crops_read`, `ingest.scenes_read` and their JPEGs in S3.
Emits: rows that the search service reads through `embed.*_read`.
"""
