-- What is stored about hits besides their nearness. Items come with their starts, by which vectors are kept. {view} is
-- put in by stored.py. What reads partitions is prepared: planning it over a month of them for every search took ten
-- times as long as running it, and a plan that is kept leaves out the days without starts when it runs.

-- name: snapshot
SELECT pg_current_snapshot()::text AS snapshot

-- name: arrived_since
-- Items with no vector that was there already.
SELECT v.item_id
  FROM embed.{view} v
 WHERE v.tenant_id = %(tenant_id)s AND v.item_id = ANY(%(ids)s::uuid[]) AND v.started_at = ANY(%(starts)s::timestamptz[])
 GROUP BY v.item_id
HAVING NOT bool_or(pg_visible_in_snapshot(v.stored_in, %(snapshot)s::pg_snapshot))

-- name: serving_space
SELECT id, dimension FROM embed.spaces_read WHERE kind = %(kind)s AND state = 'serving'

-- name: looks
-- In binary: reading two hundred and fifty numbers out of each text took longer than finding them.
SELECT v.item_id, halfvec_send(avg(v.vector)) AS vector
  FROM embed.{view} v
 WHERE v.tenant_id = %(tenant_id)s AND v.item_id = ANY(%(ids)s::uuid[]) AND v.started_at = ANY(%(starts)s::timestamptz[])
   AND v.space_id = %(space_id)s
 GROUP BY v.item_id

-- name: attributes
SELECT a.track_id, a.layout, a.probabilities
  FROM embed.attributes_read a
 WHERE a.tenant_id = %(tenant_id)s AND a.track_id = ANY(%(ids)s::uuid[]) AND a.started_at = ANY(%(starts)s::timestamptz[])

-- name: permitted_tracks
SELECT id FROM ingest.tracks_read
 WHERE tenant_id = %(tenant_id)s AND id = ANY(%(ids)s::uuid[])
   AND (%(camera_ids)s::uuid[] IS NULL OR camera_id = ANY(%(camera_ids)s::uuid[]))

-- name: calibrations
SELECT space, asked, slope, intercept, pairs, error, source FROM search.calibrations

-- name: segment_at
-- The footage that was in view at a moment, where its recording begins, and how wide it is.
SELECT s.object_key, s.sha256, s.started_at, r.started_at AS recording_started_at
  FROM ingest.segments_read s JOIN ingest.recordings_read r ON r.id = s.recording_id
 WHERE r.tenant_id = %(tenant_id)s AND r.id = %(recording_id)s AND r.state <> 'failed'
   AND (%(camera_ids)s::uuid[] IS NULL OR r.camera_id = ANY(%(camera_ids)s::uuid[]))
   AND s.tenant_id = %(tenant_id)s AND s.started_at <= %(at)s AND s.ended_at >= %(at)s
 ORDER BY s.started_at DESC LIMIT 1
