"""The report service: chosen hits → evidence clips and a document for people.

Owns: the schema `report` (reports and their clips), the PDF's look.
Consumes: `report.build.v1`; cameras, recordings, segments, tracks, crops and scenes through their views; footage from
S3.
Emits: clips cut without re-encoding and the PDF, both stored under their own SHA-256.
"""
