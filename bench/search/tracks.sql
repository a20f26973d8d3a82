-- The rest of a site, as the gateway and ingest would have stored it, made of what is stored of its vectors and attributes.
-- All as the owner, whom row-level security does not bind.

-- name: tenant
INSERT INTO gateway.tenants (id, name) VALUES (%(tenant_id)s, %(name)s) ON CONFLICT DO NOTHING

-- name: cameras
INSERT INTO gateway.cameras (id, tenant_id, name, site, time_zone)
SELECT c.id, %(tenant_id)s, format('hall %%s', c.number), format('building %%s', c.number %% 10), 'UTC'
  FROM unnest(%(camera_ids)s::uuid[]) WITH ORDINALITY AS c (id, number)

-- name: recordings
-- Every camera's hours, one recording each, with a frame's pause between two.
INSERT INTO ingest.recordings (id, tenant_id, camera_id, sha256, filename, container, codec, width, height, frame_rate,
                               size_bytes, object_key, started_at, ended_at, start_source, segments, state)
SELECT md5(c.id::text || h.began)::uuid, %(tenant_id)s, c.id, sha256(convert_to(c.id::text || h.began, 'UTF8')), 'hour.mp4',
       'mp4', 'h264', 1920, 1080, 25, 900000000, 'none', h.began, h.began + interval '59 min 59.96 s', 'given', 60, 'ready'
  FROM unnest(%(camera_ids)s::uuid[]) AS c (id),
       generate_series(%(from)s::timestamptz, %(until)s::timestamptz - interval '1 h', interval '1 h') AS h (began)

-- name: tracks
-- As long in view as their vectors say, with a path of eight points.
INSERT INTO ingest.tracks (id, tenant_id, camera_id, recording_id, ordinal, object_class, score, started_at, ended_at,
                           detections, path)
SELECT a.track_id, a.tenant_id, a.camera_id, md5(a.camera_id::text || date_trunc('hour', a.started_at))::uuid,
       row_number() OVER (PARTITION BY a.camera_id, date_trunc('hour', a.started_at) ORDER BY a.started_at, a.track_id) - 1,
       a.object_class, 0.9, a.started_at, a.ended_at, 8,
       (SELECT jsonb_agg(jsonb_build_array(p * 0.4, p * 0.05, 0.2, p * 0.05 + 0.08, 0.5)) FROM generate_series(0, 7) AS p)
  FROM embed.attributes a
 WHERE a.tenant_id = %(tenant_id)s

-- name: crops
INSERT INTO ingest.crops (tenant_id, track_id, rank, at, box, object_key, width, height, quality)
SELECT k.tenant_id, k.item_id, k.rank, k.started_at, '{0.1,0.2,0.18,0.5}', format('sha256/%%s/%%s.jpg', left(k.digest, 2), k.digest),
       96, 192, 0.5
  FROM (SELECT v.*, encode(sha256(convert_to(v.item_id::text || v.rank, 'UTF8')), 'hex') AS digest
          FROM embed.semantic_384 v WHERE v.tenant_id = %(tenant_id)s) AS k

-- name: serve
UPDATE embed.spaces SET state = 'serving' WHERE id = %(space_id)s

-- name: known
ANALYZE gateway.cameras, ingest.recordings, ingest.tracks, ingest.crops, embed.appearance_256
