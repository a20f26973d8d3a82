"""The use cases: taking a recording in, analysing a segment."""
