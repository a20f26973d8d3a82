-- Who calls.

-- name: authenticate
SELECT key_id, tenant_id, name, scopes, camera_ids FROM gateway.authenticate(%(secret_hash)s)
