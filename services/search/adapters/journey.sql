-- Statements of journeys. `cameras` is what may be looked at: NULL for all. Row-level security stands under every one.

-- name: sightings
-- Tracks with their best crop, the mean of their crops' vectors, and their attributes.
SELECT t.id, t.camera_id, t.recording_id, t.started_at, t.ended_at, t.object_class, c.box, c.object_key,
       (SELECT avg(v.vector)::text FROM embed.appearance_256_read v
         WHERE v.tenant_id = %(tenant_id)s AND v.item_id = t.id AND v.started_at = t.started_at
           AND v.space_id = %(space_id)s) AS vector,
       a.layout, a.probabilities
  FROM ingest.tracks_read t
  LEFT JOIN LATERAL (SELECT box, object_key FROM ingest.crops_read
                      WHERE tenant_id = %(tenant_id)s AND track_id = t.id ORDER BY rank LIMIT 1) c ON true
  LEFT JOIN LATERAL (SELECT layout, probabilities FROM embed.attributes_read
                      WHERE tenant_id = %(tenant_id)s AND track_id = t.id AND started_at = t.started_at LIMIT 1) a ON true
 WHERE t.tenant_id = %(tenant_id)s AND t.id = ANY(%(ids)s::uuid[])
   AND (%(cameras)s::uuid[] IS NULL OR t.camera_id = ANY(%(cameras)s::uuid[]))

-- name: rates
-- Tracks a second of footage. A recording that began before the time that is looked at lasted a day at most.
WITH footage AS (
    SELECT r.camera_id,
           extract(epoch FROM sum(least(r.ended_at, %(until)s) - greatest(r.started_at, %(from)s)))::float8 AS seconds
      FROM ingest.recordings_read r
     WHERE r.tenant_id = %(tenant_id)s AND r.state <> 'failed'
       AND r.started_at >= %(from)s::timestamptz - %(longest)s::interval AND r.started_at < %(until)s
       AND r.ended_at > %(from)s
       AND (%(cameras)s::uuid[] IS NULL OR r.camera_id = ANY(%(cameras)s::uuid[]))
     GROUP BY r.camera_id)
SELECT t.camera_id, count(*) / greatest(f.seconds, 60) AS rate
  FROM ingest.tracks_read t JOIN footage f ON f.camera_id = t.camera_id
 WHERE t.tenant_id = %(tenant_id)s AND t.object_class = ANY(%(classes)s::text[])
   AND t.started_at >= %(from)s AND t.started_at < %(until)s
   AND (%(cameras)s::uuid[] IS NULL OR t.camera_id = ANY(%(cameras)s::uuid[]))
 GROUP BY t.camera_id, f.seconds

-- name: looks
-- The latest tracks around a time, each with the mean of its crops' vectors.
WITH latest AS (
    SELECT v.item_id, v.started_at
      FROM embed.appearance_256_read v
     WHERE v.tenant_id = %(tenant_id)s AND v.space_id = %(space_id)s AND v.rank = 0
       AND v.started_at >= %(from)s AND v.started_at < %(until)s
     ORDER BY v.started_at DESC, v.item_id LIMIT %(most)s)
SELECT v.camera_id, v.object_class, v.started_at, v.ended_at, avg(v.vector)::text AS vector
  FROM latest l
  JOIN embed.appearance_256_read v ON v.tenant_id = %(tenant_id)s AND v.item_id = l.item_id
   AND v.started_at = l.started_at AND v.space_id = %(space_id)s
 GROUP BY v.item_id, v.camera_id, v.object_class, v.started_at, v.ended_at
 ORDER BY v.started_at, v.item_id

-- name: space
SELECT id FROM embed.spaces_read WHERE name = %(name)s

-- name: keep
INSERT INTO search.journeys (id, tenant_id, track_id, picture_key, only_camera_ids, from_time, until_time, asked_by)
VALUES (%(id)s, %(tenant_id)s, %(track_id)s, %(picture_key)s, %(only)s, %(from)s, %(until)s, %(asked_by)s)
ON CONFLICT (id) DO NOTHING

-- name: find
SELECT id, track_id, picture_key, only_camera_ids, from_time, until_time, asked_by, asked_at
  FROM search.journeys WHERE tenant_id = %(tenant_id)s AND id = %(id)s

-- name: asked
-- The latest first. A journey that begins with a track that may not be seen, or is not there any more, is not there.
SELECT j.id, j.track_id, j.picture_key, j.only_camera_ids, j.from_time, j.until_time, j.asked_by, j.asked_at,
       words.confirmed, words.rejected
  FROM search.journeys j
 CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE last.decision = 'confirm') AS confirmed,
              count(*) FILTER (WHERE last.decision = 'reject') AS rejected
         FROM (SELECT DISTINCT ON (d.track_id) d.decision
                 FROM search.hop_decisions d
                WHERE d.tenant_id = %(tenant_id)s AND d.journey_id = j.id
                  AND (%(cameras)s::uuid[] IS NULL OR d.camera_id = ANY(%(cameras)s::uuid[]))
                ORDER BY d.track_id, d.id DESC) last) words
 WHERE j.tenant_id = %(tenant_id)s
   AND (%(before_at)s::timestamptz IS NULL OR (j.asked_at, j.id) < (%(before_at)s, %(before_id)s::uuid))
   AND (j.track_id IS NULL
        OR EXISTS (SELECT FROM ingest.tracks_read t
                    WHERE t.tenant_id = %(tenant_id)s AND t.id = j.track_id
                      AND (%(cameras)s::uuid[] IS NULL OR t.camera_id = ANY(%(cameras)s::uuid[]))))
 ORDER BY j.asked_at DESC, j.id DESC LIMIT %(limit)s

-- name: lock
-- One word at a time on a journey: its version is how many there are.
SELECT pg_advisory_xact_lock(hashtextextended('search.journeys/' || %(id)s::uuid, 0))

-- name: said
SELECT track_id, camera_id, decision, decided_by, decided_at
  FROM search.hop_decisions
 WHERE tenant_id = %(tenant_id)s AND journey_id = %(id)s
   AND (%(cameras)s::uuid[] IS NULL OR camera_id = ANY(%(cameras)s::uuid[]))
 ORDER BY id

-- name: decide
INSERT INTO search.hop_decisions (tenant_id, journey_id, track_id, camera_id, decision, decided_by)
VALUES (%(tenant_id)s, %(id)s, %(track_id)s, %(camera_id)s, %(decision)s, %(decided_by)s)

-- name: given
SELECT from_camera_id, to_camera_id, overlapping, min_seconds, typical_seconds, max_seconds, given_by, given_at
  FROM search.given_transitions
 WHERE tenant_id = %(tenant_id)s
   AND (%(cameras)s::uuid[] IS NULL
        OR (from_camera_id = ANY(%(cameras)s::uuid[]) AND to_camera_id = ANY(%(cameras)s::uuid[])))

-- name: learned
SELECT from_camera_id, to_camera_id, passages, mean, variance, together
  FROM search.learned_transitions
 WHERE tenant_id = %(tenant_id)s
   AND (%(cameras)s::uuid[] IS NULL
        OR (from_camera_id = ANY(%(cameras)s::uuid[]) AND to_camera_id = ANY(%(cameras)s::uuid[])))

-- name: lesson
SELECT space, learned_at FROM search.transition_lessons WHERE tenant_id = %(tenant_id)s

-- name: give
INSERT INTO search.given_transitions (tenant_id, from_camera_id, to_camera_id, overlapping, min_seconds, typical_seconds,
                               max_seconds, given_by)
VALUES (%(tenant_id)s, %(from_camera)s, %(to_camera)s, %(overlapping)s, %(min)s, %(typical)s, %(max)s, %(given_by)s)
ON CONFLICT (tenant_id, from_camera_id, to_camera_id) DO UPDATE
   SET overlapping = excluded.overlapping, min_seconds = excluded.min_seconds,
       typical_seconds = excluded.typical_seconds, max_seconds = excluded.max_seconds, given_by = excluded.given_by,
       given_at = now()

-- name: take_back
DELETE FROM search.given_transitions
 WHERE tenant_id = %(tenant_id)s AND from_camera_id = %(from_camera)s AND to_camera_id = %(to_camera)s

-- name: begin_lesson
-- One lesson at a time for a tenant.
INSERT INTO search.transition_lessons (tenant_id, space, tracks)
VALUES (%(tenant_id)s, %(space)s, %(tracks)s)
ON CONFLICT (tenant_id) DO UPDATE SET space = excluded.space, tracks = excluded.tracks, learned_at = now()

-- name: forget
DELETE FROM search.learned_transitions WHERE tenant_id = %(tenant_id)s

-- name: learn
INSERT INTO search.learned_transitions (tenant_id, from_camera_id, to_camera_id, passages, mean, variance, together)
VALUES (%(tenant_id)s, %(from_camera)s, %(to_camera)s, %(passages)s, %(mean)s, %(variance)s, %(together)s)
