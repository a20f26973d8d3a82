"""What the container images are made of: the Dockerfile's files, and the one-shot step that prepares the servers."""
