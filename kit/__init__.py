"""The shared plumbing under the gateway and every service.

Owns: settings, Postgres access and the `jobs` schema, messaging (Celery), objects (S3), the Triton client, the media
sandbox, telemetry. Knows no service, no video rule and no HTTP route.
"""
