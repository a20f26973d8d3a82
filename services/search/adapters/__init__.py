"""What the search service touches the world with: Postgres, S3, the picture sandbox, Triton, telemetry."""
