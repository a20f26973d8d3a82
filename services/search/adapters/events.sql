-- Rules, events and their alerts. Row-level security by tenant stands under every statement.

-- name: lock_camera
-- One at a time finds the events of a camera; whoever comes later sees what the one before wrote.
SELECT pg_advisory_xact_lock(hashtextextended('search.events/' || %(camera_id)s::text, 0))

-- name: armed
SELECT r.id, r.version, r.camera_id, r.zone_id, r.kind, r.parameters, r.schedule, r.armed, z.version AS zone_version,
       z.kind AS shape, z.points, z.width_metres, c.time_zone
  FROM gateway.rules_read r
  JOIN gateway.cameras_read c ON c.id = r.camera_id
  LEFT JOIN gateway.zones_read z ON z.id = r.zone_id
 WHERE r.tenant_id = %(tenant_id)s AND r.camera_id = %(camera_id)s AND r.armed
 ORDER BY r.id

-- name: rule
SELECT r.id, r.version, r.camera_id, r.zone_id, r.kind, r.parameters, r.schedule, r.armed, z.version AS zone_version,
       z.kind AS shape, z.points, z.width_metres, c.time_zone
  FROM gateway.rules_read r
  JOIN gateway.cameras_read c ON c.id = r.camera_id
  LEFT JOIN gateway.zones_read z ON z.id = r.zone_id
 WHERE r.tenant_id = %(tenant_id)s AND r.id = %(rule_id)s

-- name: place
-- What a rule that is not stored is tried on.
SELECT c.id AS camera_id, c.time_zone, z.id AS zone_id, z.version AS zone_version, z.kind AS shape, z.points,
       z.width_metres
  FROM gateway.cameras_read c
  LEFT JOIN gateway.zones_read z ON z.id = %(zone_id)s::uuid AND z.camera_id = c.id
 WHERE c.tenant_id = %(tenant_id)s AND c.id = %(camera_id)s

-- name: trails
-- A track lies within one recording, and none is longer than `longest`: that is what lets the index answer.
SELECT t.id, t.object_class, t.score, t.started_at, t.path, r.ended_at AS recorded_until, r.width, r.height
  FROM ingest.tracks_read t
  JOIN ingest.recordings_read r ON r.id = t.recording_id
 WHERE t.tenant_id = %(tenant_id)s AND t.camera_id = %(camera_id)s
   AND t.started_at BETWEEN %(begin)s::timestamptz - %(longest)s::interval AND %(end)s::timestamptz
   AND t.ended_at >= %(begin)s::timestamptz
 ORDER BY t.started_at, t.id

-- name: footage_span
SELECT min(started_at) AS first, max(ended_at) AS last
  FROM ingest.tracks_read WHERE tenant_id = %(tenant_id)s AND camera_id = %(camera_id)s

-- name: known
SELECT id, revision, key, rule_version, zone_version, kind, camera_id, started_at, ended_at, track_ids, object_class,
       direction, x, y, measure, confidence
  FROM search.events
 WHERE tenant_id = %(tenant_id)s AND rule_id = %(rule_id)s AND superseded_at IS NULL
   AND started_at <= %(end)s AND ended_at >= %(begin)s
 ORDER BY started_at, key

-- name: supersede
UPDATE search.events SET superseded_at = now()
 WHERE tenant_id = %(tenant_id)s AND id = %(id)s AND superseded_at IS NULL

-- name: supersede_all
UPDATE search.events SET superseded_at = now()
 WHERE tenant_id = %(tenant_id)s AND rule_id = %(rule_id)s AND superseded_at IS NULL

-- name: insert
INSERT INTO search.events (id, revision, tenant_id, camera_id, rule_id, rule_version, zone_id, zone_version, kind, key,
                           started_at, ended_at, track_ids, object_class, direction, x, y, measure, confidence)
VALUES (coalesce(%(id)s::uuid, uuidv7()), %(revision)s, %(tenant_id)s, %(camera_id)s, %(rule_id)s, %(rule_version)s,
        %(zone_id)s, %(zone_version)s, %(kind)s, %(key)s, %(started_at)s, %(ended_at)s, %(track_ids)s, %(object_class)s,
        %(direction)s, %(x)s, %(y)s, %(measure)s, %(confidence)s)
RETURNING id

-- name: watching
-- Who watches a rule and is not muted.
SELECT id, version, schedule
  FROM gateway.watches_read
 WHERE tenant_id = %(tenant_id)s AND rule_id = %(rule_id)s
   AND (muted_until IS NULL OR muted_until <= now())
   AND (camera_ids IS NULL OR %(camera_id)s = ANY(camera_ids))

-- name: alert
-- Once for each watch and event; it goes out with the transaction that made it.
WITH made AS (
    INSERT INTO search.alerts (tenant_id, watch_id, watch_version, camera_id, item_kind, item_id, started_at, ended_at)
    SELECT e.tenant_id, %(watch_id)s, %(watch_version)s, e.camera_id, 'event', e.id, e.started_at, e.ended_at
      FROM search.events e
     WHERE e.tenant_id = %(tenant_id)s AND e.id = ANY(%(event_ids)s) AND e.superseded_at IS NULL
    ON CONFLICT (watch_id, item_kind, item_id) DO NOTHING
    RETURNING id, tenant_id)
INSERT INTO search.outbox (tenant_id, topic, subject_id) SELECT tenant_id, 'alert', id FROM made

-- name: starts
SELECT id, started_at FROM search.events
 WHERE tenant_id = %(tenant_id)s AND id = ANY(%(event_ids)s) AND superseded_at IS NULL
