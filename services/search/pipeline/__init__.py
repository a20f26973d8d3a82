"""The use cases: answering a search."""
