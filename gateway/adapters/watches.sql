-- Watches and alerts. `cameras` is the caller's restriction: NULL, or the ids that the key may see. A watch is seen by
-- who may see every camera that it watches.

-- name: insert
-- No row: the tenant has a watch of that name.
INSERT INTO gateway.watches (tenant_id, name, search, asked, rule_id, camera_ids, schedule, muted_until)
VALUES (%(tenant_id)s, %(name)s, %(search)s, %(asked)s, %(rule_id)s, %(camera_ids)s, %(schedule)s, %(muted_until)s)
ON CONFLICT (tenant_id, name) DO NOTHING
RETURNING id, name, asked, rule_id, camera_ids, schedule, muted_until, version, created_at, updated_at

-- name: get
SELECT id, name, asked, rule_id, camera_ids, schedule, muted_until, version, created_at, updated_at
  FROM gateway.watches
 WHERE tenant_id = %(tenant_id)s AND id = %(watch_id)s
   AND (%(cameras)s::uuid[] IS NULL OR camera_ids <@ %(cameras)s::uuid[])

-- name: list
-- Newest first, below a cursor.
SELECT id, name, asked, rule_id, camera_ids, schedule, muted_until, version, created_at, updated_at
  FROM gateway.watches
 WHERE tenant_id = %(tenant_id)s AND (%(cameras)s::uuid[] IS NULL OR camera_ids <@ %(cameras)s::uuid[])
   AND (%(rule_id)s::uuid IS NULL OR rule_id = %(rule_id)s)
   AND (%(before)s::uuid IS NULL OR id < %(before)s)
 ORDER BY id DESC LIMIT %(limit)s

-- name: change
-- Nothing is changed where the version is another one by now.
UPDATE gateway.watches
   SET name = coalesce(%(name)s, name), search = coalesce(%(search)s, search), asked = coalesce(%(asked)s, asked),
       camera_ids = CASE WHEN %(search)s::jsonb IS NULL THEN camera_ids ELSE %(camera_ids)s END,
       schedule = CASE WHEN %(keep_schedule)s THEN schedule ELSE %(schedule)s END,
       muted_until = CASE WHEN %(keep_muted)s THEN muted_until ELSE %(muted_until)s END,
       version = version + 1, updated_at = now()
 WHERE tenant_id = %(tenant_id)s AND id = %(watch_id)s AND version = %(version)s
   AND (%(cameras)s::uuid[] IS NULL OR camera_ids <@ %(cameras)s::uuid[])
RETURNING id, name, asked, rule_id, camera_ids, schedule, muted_until, version, created_at, updated_at

-- name: delete
DELETE FROM gateway.watches
 WHERE tenant_id = %(tenant_id)s AND id = %(watch_id)s AND version = %(version)s
   AND (%(cameras)s::uuid[] IS NULL OR camera_ids <@ %(cameras)s::uuid[])

-- name: alerts
-- Newest first, below a cursor.
SELECT a.id, a.watch_id, w.name AS watch, a.watch_version, a.camera_id, m.name AS camera, m.time_zone, a.item_kind,
       a.item_id, a.started_at, a.ended_at, a.created_at, a.hit, k.at AS acknowledged_at, k.by_key AS acknowledged_by
  FROM search.alerts_read a
  JOIN gateway.cameras m ON m.id = a.camera_id
  LEFT JOIN gateway.watches w ON w.id = a.watch_id
  LEFT JOIN gateway.acknowledgements k ON k.alert_id = a.id
 WHERE a.tenant_id = %(tenant_id)s AND (%(cameras)s::uuid[] IS NULL OR a.camera_id = ANY(%(cameras)s))
   AND (%(alert_id)s::uuid IS NULL OR a.id = %(alert_id)s)
   AND (%(watch_id)s::uuid IS NULL OR a.watch_id = %(watch_id)s)
   AND (%(camera_id)s::uuid IS NULL OR a.camera_id = %(camera_id)s)
   AND (%(since)s::timestamptz IS NULL OR a.created_at >= %(since)s)
   AND (%(acknowledged)s::boolean IS NULL OR (k.alert_id IS NOT NULL) = %(acknowledged)s)
   AND (%(before)s::uuid IS NULL OR a.id < %(before)s)
 ORDER BY a.id DESC LIMIT %(limit)s

-- name: acknowledge
-- Who was first stays.
INSERT INTO gateway.acknowledgements (alert_id, tenant_id, by_key)
VALUES (%(alert_id)s, %(tenant_id)s, %(by)s)
ON CONFLICT (alert_id) DO NOTHING
