-- Requests that were sent with an Idempotency-Key, kept for a day.

-- name: claim
-- Takes the key. No row: it is taken. A day-old one is free again, and so is one whose request died with its gateway.
INSERT INTO gateway.idempotency_keys AS k (tenant_id, key, request_hash)
VALUES (%(tenant_id)s, %(key)s, %(request_hash)s)
ON CONFLICT (tenant_id, key) DO UPDATE
   SET request_hash = excluded.request_hash, status = NULL, body = NULL, headers = NULL, created_at = now()
 WHERE k.created_at < now() - interval '1 day' OR (k.status IS NULL AND k.created_at < now() - interval '2 minutes')
RETURNING k.key

-- name: get
SELECT request_hash, status, body, headers
  FROM gateway.idempotency_keys WHERE tenant_id = %(tenant_id)s AND key = %(key)s

-- name: keep
UPDATE gateway.idempotency_keys SET status = %(status)s, body = %(body)s, headers = %(headers)s
 WHERE tenant_id = %(tenant_id)s AND key = %(key)s AND request_hash = %(request_hash)s

-- name: release
-- A request that failed may be sent again under its key.
DELETE FROM gateway.idempotency_keys
 WHERE tenant_id = %(tenant_id)s AND key = %(key)s AND request_hash = %(request_hash)s AND status IS NULL

-- name: purge
DELETE FROM gateway.idempotency_keys WHERE tenant_id = %(tenant_id)s AND created_at < now() - interval '1 day'
