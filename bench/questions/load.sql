-- The suite's site, as ingest and embed would have stored it. Each statement runs as the role of its owner.

-- name: camera
INSERT INTO gateway.cameras (id, tenant_id, name, site, time_zone) VALUES (%s, %s, %s, %s, 'Europe/Berlin')

-- name: zone
INSERT INTO gateway.zones (tenant_id, camera_id, name, kind, points) VALUES (%s, %s, %s, 'zone', %s)

-- name: recording
INSERT INTO ingest.recordings (id, tenant_id, camera_id, sha256, filename, container, codec, width, height, frame_rate,
                               size_bytes, object_key, started_at, ended_at, start_source, segments, state, failure)
VALUES (%(id)s, %(tenant_id)s, %(camera_id)s, %(sha256)s, 'rendered.mp4', 'mp4', 'h264', 640, 360, 10, 1, 'none', %(start)s,
        %(end)s, 'given', 1, %(state)s, %(failure)s)

-- name: segment
INSERT INTO ingest.segments (tenant_id, recording_id, ordinal, sha256, object_key, size_bytes, started_at, ended_at, state)
VALUES (%s, %s, %s, %s, 'none', 1, %s, %s, %s)

-- name: track
INSERT INTO ingest.tracks (id, tenant_id, camera_id, recording_id, ordinal, object_class, score, started_at, ended_at,
                           detections, path)
VALUES (%s, %s, %s, %s, %s, %s, 0.9, %s, %s, %s, %s)

-- name: crop
INSERT INTO ingest.crops (tenant_id, track_id, rank, at, box, object_key, width, height, quality)
VALUES (%s, %s, 0, %s, %s, 'none', 32, 64, 0.5)

-- name: layout
INSERT INTO embed.attribute_layouts (weights, layout) VALUES ('truth', %s) RETURNING id

-- name: attributes
INSERT INTO embed.attributes (tenant_id, camera_id, recording_id, started_at, ended_at, track_id, object_class, layout_id,
                              crops, probabilities)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 1, %s::smallint[])
