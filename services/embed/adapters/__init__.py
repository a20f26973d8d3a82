"""What the embed service touches the world with: Postgres, S3 and Triton."""
