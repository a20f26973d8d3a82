"""The report service's doors to Postgres, S3, the media sandbox and the PDF library."""
