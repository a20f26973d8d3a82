-- Watches, what is new, and alerts. Row-level security by tenant stands under every statement.

-- name: standing
SELECT id, version FROM gateway.watches_read
 WHERE tenant_id = %(tenant_id)s AND search IS NOT NULL AND (muted_until IS NULL OR muted_until <= now())
 ORDER BY id

-- name: serving_spaces
-- As search.unprepared_watches names them.
SELECT string_agg(name, '/' ORDER BY kind) AS spaces FROM embed.spaces_read WHERE state = 'serving'

-- name: read
SELECT w.id, w.version, w.search, w.camera_ids, w.schedule, l.prepared
  FROM gateway.watches_read w
  LEFT JOIN search.watch_looks l ON l.watch_id = w.id AND l.version = w.version AND l.spaces = %(spaces)s::text
 WHERE w.tenant_id = %(tenant_id)s AND w.id = ANY(%(ids)s) AND w.search IS NOT NULL
 ORDER BY w.id

-- name: unprepared
SELECT w.id, w.version, w.search, w.camera_ids, w.schedule
  FROM gateway.watches_read w
 WHERE w.tenant_id = %(tenant_id)s AND w.search IS NOT NULL
   AND NOT EXISTS (SELECT FROM search.watch_looks l
                    WHERE l.watch_id = w.id AND l.version = w.version AND l.spaces = %(spaces)s)
 ORDER BY w.id LIMIT %(limit)s

-- name: keep
INSERT INTO search.watch_looks (watch_id, version, spaces, tenant_id, prepared)
SELECT k.watch_id, k.version, %(spaces)s, %(tenant_id)s, k.prepared
  FROM unnest(%(watch_ids)s::uuid[], %(versions)s::integer[], %(prepared)s::bytea[]) AS k (watch_id, version, prepared)
    ON CONFLICT (watch_id, version, spaces) DO UPDATE SET prepared = excluded.prepared, made_at = now()

-- name: forget
DELETE FROM search.watch_looks l
 WHERE l.tenant_id = %(tenant_id)s
   AND NOT EXISTS (SELECT FROM gateway.watches_read w
                    WHERE w.tenant_id = l.tenant_id AND w.id = l.watch_id AND w.version = l.version)

-- name: unprepared_tenants
SELECT tenant_id, watches, key FROM search.unprepared_watches()

-- name: started
-- When the items begin, so that only their days are looked at; none for what is not shown (any more).
SELECT min(i.started_at) AS first, max(i.started_at) AS last
  FROM (SELECT t.started_at FROM ingest.tracks_read t WHERE t.tenant_id = %(tenant_id)s AND t.id = ANY(%(track_ids)s)
        UNION ALL
        SELECT s.at FROM ingest.scenes_read s WHERE s.tenant_id = %(tenant_id)s AND s.id = ANY(%(scene_ids)s)) i

-- name: spaces
SELECT id, name, kind, dimension FROM embed.spaces_read WHERE state = 'serving'

-- name: rows_semantic_384
SELECT item_kind, item_id, rank, object_class, camera_id, started_at, ended_at, vector::text AS vector
  FROM embed.semantic_384_read
 WHERE tenant_id = %(tenant_id)s AND item_id = ANY(%(ids)s) AND space_id = %(space_id)s
   AND started_at BETWEEN %(first)s AND %(last)s
 ORDER BY item_id, rank

-- name: rows_semantic_768
SELECT item_kind, item_id, rank, object_class, camera_id, started_at, ended_at, vector::text AS vector
  FROM embed.semantic_768_read
 WHERE tenant_id = %(tenant_id)s AND item_id = ANY(%(ids)s) AND space_id = %(space_id)s
   AND started_at BETWEEN %(first)s AND %(last)s
 ORDER BY item_id, rank

-- name: rows_appearance_256
SELECT item_kind, item_id, rank, object_class, camera_id, started_at, ended_at, vector::text AS vector
  FROM embed.appearance_256_read
 WHERE tenant_id = %(tenant_id)s AND item_id = ANY(%(ids)s) AND space_id = %(space_id)s
   AND started_at BETWEEN %(first)s AND %(last)s
 ORDER BY item_id, rank

-- name: crops
SELECT t.id, c.rank, t.camera_id, t.recording_id, t.started_at, t.ended_at, t.object_class, c.at, c.box, c.object_key
  FROM ingest.tracks_read t
  JOIN ingest.crops_read c ON c.tenant_id = t.tenant_id AND c.track_id = t.id
 WHERE t.tenant_id = %(tenant_id)s AND t.id = ANY(%(track_ids)s)

-- name: scenes
SELECT s.id, s.camera_id, s.recording_id, s.at, s.object_key
  FROM ingest.scenes_read s WHERE s.tenant_id = %(tenant_id)s AND s.id = ANY(%(scene_ids)s)

-- name: time_zones
SELECT id, time_zone FROM gateway.cameras_read WHERE tenant_id = %(tenant_id)s

-- name: alert
-- All of a job's at once, each once for each watch and item; they go out with the transaction that made them.
WITH made AS (
    INSERT INTO search.alerts (tenant_id, watch_id, watch_version, camera_id, item_kind, item_id, started_at, ended_at,
                               hit)
    SELECT %(tenant_id)s, n.watch_id, n.watch_version, n.camera_id, n.item_kind, n.item_id, n.started_at, n.ended_at, n.hit
      FROM unnest(%(watch_ids)s::uuid[], %(watch_versions)s::integer[], %(camera_ids)s::uuid[], %(item_kinds)s::text[],
                  %(item_ids)s::uuid[], %(started_at)s::timestamptz[], %(ended_at)s::timestamptz[], %(hits)s::jsonb[])
           AS n (watch_id, watch_version, camera_id, item_kind, item_id, started_at, ended_at, hit)
     ORDER BY n.watch_id, n.item_id
    ON CONFLICT (watch_id, item_kind, item_id) DO NOTHING
    RETURNING id, tenant_id)
INSERT INTO search.outbox (tenant_id, topic, subject_id) SELECT tenant_id, 'alert', id FROM made
