"""How fast and how completely vectors are found: ours, and others in the same run on the same vectors."""
