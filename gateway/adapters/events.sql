-- Rules, and the events they found. `cameras` is the caller's restriction: NULL, or the ids that the key may see.

-- name: insert_rule
-- No row: the camera has a rule of that name.
INSERT INTO gateway.rules (tenant_id, camera_id, zone_id, name, kind, parameters, schedule, armed)
VALUES (%(tenant_id)s, %(camera_id)s, %(zone_id)s, %(name)s, %(kind)s, %(parameters)s, %(schedule)s, %(armed)s)
ON CONFLICT (camera_id, name) DO NOTHING
RETURNING id, camera_id, zone_id, name, kind, parameters, schedule, armed, version, created_at, updated_at

-- name: get_rule
SELECT id, camera_id, zone_id, name, kind, parameters, schedule, armed, version, created_at, updated_at
  FROM gateway.rules
 WHERE tenant_id = %(tenant_id)s AND id = %(rule_id)s AND (%(cameras)s::uuid[] IS NULL OR camera_id = ANY(%(cameras)s))

-- name: list_rules
-- Newest first, below a cursor.
SELECT id, camera_id, zone_id, name, kind, parameters, schedule, armed, version, created_at, updated_at
  FROM gateway.rules
 WHERE tenant_id = %(tenant_id)s AND (%(cameras)s::uuid[] IS NULL OR camera_id = ANY(%(cameras)s))
   AND (%(camera_id)s::uuid IS NULL OR camera_id = %(camera_id)s)
   AND (%(zone_id)s::uuid IS NULL OR zone_id = %(zone_id)s)
   AND (%(before)s::uuid IS NULL OR id < %(before)s)
 ORDER BY id DESC LIMIT %(limit)s

-- name: change_rule
-- Nothing is changed where the version is another one by now.
UPDATE gateway.rules
   SET name = %(name)s, zone_id = %(zone_id)s, parameters = %(parameters)s, schedule = %(schedule)s, armed = %(armed)s,
       version = version + 1, updated_at = now()
 WHERE tenant_id = %(tenant_id)s AND id = %(rule_id)s AND version = %(version)s
   AND (%(cameras)s::uuid[] IS NULL OR camera_id = ANY(%(cameras)s))
RETURNING id, camera_id, zone_id, name, kind, parameters, schedule, armed, version, created_at, updated_at

-- name: delete_rule
DELETE FROM gateway.rules
 WHERE tenant_id = %(tenant_id)s AND id = %(rule_id)s AND version = %(version)s
   AND (%(cameras)s::uuid[] IS NULL OR camera_id = ANY(%(cameras)s))
RETURNING id, camera_id

-- name: rules_over
-- The armed rules over a zone.
SELECT id, camera_id, version FROM gateway.rules WHERE tenant_id = %(tenant_id)s AND zone_id = %(zone_id)s AND armed

-- name: events
-- As they stand, in the order of their start, after a cursor.
SELECT e.id, e.revision, e.camera_id, m.name AS camera, m.time_zone, e.rule_id, e.rule_version, e.zone_id, e.zone_version,
       e.kind, e.started_at, e.ended_at, e.track_ids, e.object_class, e.direction, e.x, e.y, e.measure, e.confidence,
       e.found_at
  FROM search.events_read e
  JOIN gateway.cameras m ON m.id = e.camera_id
 WHERE e.tenant_id = %(tenant_id)s AND e.superseded_at IS NULL
   AND (%(cameras)s::uuid[] IS NULL OR e.camera_id = ANY(%(cameras)s))
   AND (%(camera_id)s::uuid IS NULL OR e.camera_id = %(camera_id)s)
   AND (%(zone_id)s::uuid IS NULL OR e.zone_id = %(zone_id)s)
   AND (%(rule_id)s::uuid IS NULL OR e.rule_id = %(rule_id)s)
   AND (%(kind)s::text IS NULL OR e.kind = %(kind)s)
   AND (%(from)s::timestamptz IS NULL OR e.ended_at >= %(from)s)
   AND (%(until)s::timestamptz IS NULL OR e.started_at < %(until)s)
   AND (%(after_at)s::timestamptz IS NULL OR (e.started_at, e.id) > (%(after_at)s, %(after_id)s::uuid))
 ORDER BY e.started_at, e.id LIMIT %(limit)s

-- name: history
-- All that was ever said of one event, the latest first.
SELECT e.id, e.revision, e.camera_id, m.name AS camera, m.time_zone, e.rule_id, e.rule_version, e.zone_id, e.zone_version,
       e.kind, e.started_at, e.ended_at, e.track_ids, e.object_class, e.direction, e.x, e.y, e.measure, e.confidence,
       e.found_at, e.superseded_at
  FROM search.events_read e
  JOIN gateway.cameras m ON m.id = e.camera_id
 WHERE e.tenant_id = %(tenant_id)s AND e.id = %(event_id)s
   AND (%(cameras)s::uuid[] IS NULL OR e.camera_id = ANY(%(cameras)s))
 ORDER BY e.revision DESC

-- name: counts
-- How many began in each bucket, which begins on the clock of the camera's place.
SELECT date_bin(%(bucket)s::interval, e.started_at AT TIME ZONE m.time_zone, timestamp '2001-01-01') AT TIME ZONE m.time_zone
           AS start,
       m.time_zone, e.camera_id, e.rule_id, e.zone_id, e.kind, e.direction, e.object_class, count(*) AS count
  FROM search.events_read e
  JOIN gateway.cameras m ON m.id = e.camera_id
 WHERE e.tenant_id = %(tenant_id)s AND e.superseded_at IS NULL
   AND (%(cameras)s::uuid[] IS NULL OR e.camera_id = ANY(%(cameras)s))
   AND (%(camera_id)s::uuid IS NULL OR e.camera_id = %(camera_id)s)
   AND (%(zone_id)s::uuid IS NULL OR e.zone_id = %(zone_id)s)
   AND (%(rule_id)s::uuid IS NULL OR e.rule_id = %(rule_id)s)
   AND (%(kind)s::text IS NULL OR e.kind = %(kind)s)
   AND e.started_at >= %(from)s AND e.started_at < %(until)s
 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
 ORDER BY 1, 4, 7, 8
 LIMIT %(limit)s

-- name: latest
-- Events as they stand, or stood last.
SELECT DISTINCT ON (e.id)
       e.id, e.revision, e.camera_id, m.name AS camera, m.time_zone, e.rule_id, e.rule_version, e.zone_id, e.zone_version,
       e.kind, e.started_at, e.ended_at, e.track_ids, e.object_class, e.direction, e.x, e.y, e.measure, e.confidence,
       e.found_at
  FROM search.events_read e
  JOIN gateway.cameras m ON m.id = e.camera_id
 WHERE e.tenant_id = %(tenant_id)s AND e.id = ANY(%(ids)s)
   AND (%(cameras)s::uuid[] IS NULL OR e.camera_id = ANY(%(cameras)s))
 ORDER BY e.id, e.revision DESC
