-- What questions are answered from. `camera_ids` is what the caller may see and asks about; row-level security by tenant
-- stands under every statement.

-- name: footage
-- Recordings that overlap the time. One that is being processed counts by its segments; while it has none, as a whole.
SELECT r.camera_id, r.started_at, r.ended_at, r.state::text AS state
  FROM ingest.recordings_read r
 WHERE r.tenant_id = %(tenant_id)s AND r.camera_id = ANY(%(camera_ids)s::uuid[])
   AND r.started_at < %(until)s AND r.ended_at > %(from)s
   AND r.started_at > %(from)s::timestamptz - %(longest)s::interval
UNION ALL
SELECT r.camera_id, s.started_at, s.ended_at, 'ready'
  FROM ingest.recordings_read r
  JOIN ingest.segments_read s ON s.tenant_id = r.tenant_id AND s.recording_id = r.id AND s.state = 'done'
 WHERE r.tenant_id = %(tenant_id)s AND r.camera_id = ANY(%(camera_ids)s::uuid[]) AND r.state = 'processing'
   AND r.started_at < %(until)s AND r.ended_at > %(from)s
   AND r.started_at > %(from)s::timestamptz - %(longest)s::interval
   AND s.started_at < %(until)s AND s.ended_at > %(from)s

-- name: sightings
-- Tracks in view within the time, with what embed says of them and their best crop.
SELECT t.id, t.camera_id, t.recording_id, t.object_class, t.started_at, t.ended_at, t.path,
       a.layout, a.probabilities, c.at AS best_at, c.box, c.object_key
  FROM ingest.tracks_read t
  LEFT JOIN embed.attributes_read a
    ON a.tenant_id = t.tenant_id AND a.track_id = t.id AND a.started_at = t.started_at
  LEFT JOIN ingest.crops_read c ON c.tenant_id = t.tenant_id AND c.track_id = t.id AND c.rank = 0
 WHERE t.tenant_id = %(tenant_id)s AND t.camera_id = ANY(%(camera_ids)s::uuid[])
   AND t.started_at < %(until)s AND t.ended_at >= %(from)s
   AND t.started_at > %(from)s::timestamptz - %(longest)s::interval
   AND (%(classes)s::text[] IS NULL OR t.object_class = ANY(%(classes)s::text[]))
 ORDER BY t.started_at, t.id
 LIMIT %(most)s

-- name: standing
-- People who were in view for long, each at five moments: enough to tell who never moved.
SELECT t.id, t.camera_id, t.recording_id, t.started_at, t.ended_at,
       (SELECT jsonb_agg(t.path -> (part * (jsonb_array_length(t.path) - 1) / 4) ORDER BY part)
          FROM generate_series(0, 4) AS part) AS path
  FROM ingest.tracks_read t
 WHERE t.tenant_id = %(tenant_id)s AND t.camera_id = ANY(%(camera_ids)s::uuid[]) AND t.object_class = 'person'
   AND t.started_at < %(until)s AND t.ended_at >= %(from)s
   AND t.started_at > %(from)s::timestamptz - %(longest)s::interval
   AND t.ended_at - t.started_at >= %(least)s::interval AND jsonb_array_length(t.path) > 1

-- name: lines
SELECT id, name, camera_id, points
  FROM gateway.zones_read
 WHERE tenant_id = %(tenant_id)s AND kind = 'line'
   AND (%(camera_ids)s::uuid[] IS NULL OR camera_id = ANY(%(camera_ids)s::uuid[]))
 ORDER BY name, id

-- name: fired
-- How often armed rules of a kind fired within any of the periods, by rule; of zones and lines only where some are named.
SELECT r.name AS rule, r.camera_id, z.name AS zone, (r.parameters ->> 'seconds')::double precision AS seconds,
       count(*) AS times, min(e.started_at) AS first,
       (array_agg(e.id ORDER BY e.started_at, e.id))[1:%(most)s] AS event_ids
  FROM gateway.rules_read r
  JOIN search.events e ON e.tenant_id = r.tenant_id AND e.rule_id = r.id AND e.superseded_at IS NULL
  LEFT JOIN gateway.zones_read z ON z.tenant_id = r.tenant_id AND z.id = r.zone_id
 WHERE r.tenant_id = %(tenant_id)s AND r.armed AND r.kind = %(kind)s AND r.camera_id = ANY(%(camera_ids)s::uuid[])
   AND (%(zone_ids)s::uuid[] IS NULL OR r.zone_id = ANY(%(zone_ids)s::uuid[]))
   AND (%(classes)s::text[] IS NULL OR e.object_class = ANY(%(classes)s::text[]))
   AND EXISTS (SELECT FROM unnest(%(from)s::timestamptz[], %(until)s::timestamptz[]) AS period(begin, until)
                WHERE e.started_at < period.until AND e.ended_at >= period.begin)
 GROUP BY r.id, r.name, r.camera_id, z.name, r.parameters
 ORDER BY r.name, r.id

-- name: scenes
-- One sampled frame of each camera.
SELECT DISTINCT ON (s.camera_id) s.id, s.camera_id, s.recording_id, s.at, s.object_key
  FROM ingest.scenes_read s
 WHERE s.tenant_id = %(tenant_id)s AND s.camera_id = ANY(%(camera_ids)s::uuid[])
   AND s.at >= %(from)s AND s.at < %(until)s
 ORDER BY s.camera_id, s.at

-- name: forget
SELECT search.forget_answers(%(older)s, %(batch)s) AS forgotten

-- name: keep
INSERT INTO search.answers (id, tenant_id, question, camera_ids, answer)
VALUES (%(id)s, %(tenant_id)s, %(question)s, %(camera_ids)s, %(answer)s)
ON CONFLICT (id) DO NOTHING
