"""The ingest service's doors to Postgres, S3, Triton, the media sandbox, the tracking library and OpenCV."""
