-- Statements of the ingest service. Each runs in a transaction bound to the tenant; the filter by tenant is written out.

-- name: known_recording
SELECT id, started_at, segments FROM ingest.recordings
 WHERE tenant_id = %(tenant_id)s AND camera_id = %(camera_id)s AND sha256 = %(sha256)s

-- name: insert_recording
-- No row: the same bytes of the same camera are stored already.
INSERT INTO ingest.recordings (id, tenant_id, camera_id, sha256, filename, container, codec, width, height, frame_rate,
                               size_bytes, object_key, started_at, ended_at, start_source, segments)
VALUES (%(id)s, %(tenant_id)s, %(camera_id)s, %(sha256)s, %(filename)s, %(container)s, %(codec)s, %(width)s, %(height)s,
        %(frame_rate)s, %(size_bytes)s, %(object_key)s, %(started_at)s, %(ended_at)s,
        %(start_source)s::ingest.start_source, %(segments)s)
ON CONFLICT (tenant_id, camera_id, sha256) DO NOTHING
RETURNING id

-- name: insert_segment
INSERT INTO ingest.segments (tenant_id, recording_id, ordinal, sha256, object_key, size_bytes, started_at, ended_at)
VALUES (%(tenant_id)s, %(recording_id)s, %(ordinal)s, %(sha256)s, %(object_key)s, %(size_bytes)s, %(started_at)s,
        %(ended_at)s)

-- name: segment
SELECT s.recording_id, r.camera_id, s.ordinal, s.ordinal = r.segments - 1 AS last, s.state = 'done' AS done,
       s.ordinal = 0 OR coalesce(p.state = 'done', false) AS previous_done, s.object_key,
       r.started_at AS recording_started_at, s.started_at, s.ended_at, p.tracker_state AS state
  FROM ingest.segments s
  JOIN ingest.recordings r ON r.id = s.recording_id
  LEFT JOIN ingest.segments p ON p.recording_id = s.recording_id AND p.ordinal = s.ordinal - 1
 WHERE s.tenant_id = %(tenant_id)s AND s.recording_id = %(recording_id)s AND s.ordinal = %(ordinal)s

-- name: resume_recording
UPDATE ingest.recordings SET state = 'processing', failure = NULL
 WHERE tenant_id = %(tenant_id)s AND id = %(recording_id)s AND state = 'failed'

-- name: finish_segment
UPDATE ingest.segments SET state = 'done', tracker_state = %(state)s, figures = %(figures)s
 WHERE tenant_id = %(tenant_id)s AND recording_id = %(recording_id)s AND ordinal = %(ordinal)s AND state = 'pending'

-- name: forget_state
-- Only the newest state is ever read again.
UPDATE ingest.segments SET tracker_state = NULL
 WHERE tenant_id = %(tenant_id)s AND recording_id = %(recording_id)s AND ordinal = %(ordinal)s

-- name: insert_track
INSERT INTO ingest.tracks (tenant_id, camera_id, recording_id, ordinal, object_class, score, started_at, ended_at,
                           detections, path)
VALUES (%(tenant_id)s, %(camera_id)s, %(recording_id)s, %(ordinal)s, %(object_class)s, %(score)s, %(started_at)s,
        %(ended_at)s, %(detections)s, %(path)s)
RETURNING id

-- name: insert_crop
INSERT INTO ingest.crops (tenant_id, track_id, rank, at, box, object_key, width, height, quality)
VALUES (%(tenant_id)s, %(track_id)s, %(rank)s, %(at)s, %(box)s, %(object_key)s, %(width)s, %(height)s, %(quality)s)

-- name: insert_scene
INSERT INTO ingest.scenes (tenant_id, camera_id, recording_id, at, object_key, width, height)
VALUES (%(tenant_id)s, %(camera_id)s, %(recording_id)s, %(at)s, %(object_key)s, %(width)s, %(height)s)
ON CONFLICT (recording_id, at) DO NOTHING
RETURNING id

-- name: ready_recording
UPDATE ingest.recordings SET state = 'ready', failure = NULL
 WHERE tenant_id = %(tenant_id)s AND id = %(recording_id)s

-- name: fail_recording
UPDATE ingest.recordings SET state = 'failed', failure = %(reason)s
 WHERE tenant_id = %(tenant_id)s AND id = %(recording_id)s
