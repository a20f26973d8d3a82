"""Ingest: footage in, tracks and scenes out.

Owns: the schema `ingest` (recordings, segments, tracks, crops, scenes) and the objects they name.
Consumes: `ingest.recording.v1` (take an upload in: hash, check, cut at key frames) and `ingest.segment.v1` (decode,
gate by motion, detect, track; segments of a recording in order, the tracker's state carried over).
Emits: `ingest.segment.v1` for the next segment, `embed.items.v1` for what a segment gave.
"""
