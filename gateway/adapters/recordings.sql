-- Uploads (the gateway's) and what ingest made of them (its views). `cameras` is the caller's restriction: NULL, or the
-- ids that the key may see.

-- name: fresh_id
SELECT uuidv7() AS id

-- name: open
INSERT INTO gateway.uploads (id, tenant_id, camera_id, filename, size_bytes, started_at, object_key, multipart_id, part_bytes)
VALUES (%(id)s, %(tenant_id)s, %(camera_id)s, %(filename)s, %(size_bytes)s, %(started_at)s, %(object_key)s,
        %(multipart_id)s, %(part_bytes)s)

-- name: upload
SELECT id, camera_id, filename, size_bytes, started_at, object_key, multipart_id, part_bytes, state::text, job_id
  FROM gateway.uploads
 WHERE tenant_id = %(tenant_id)s AND id = %(id)s AND state <> 'aborted'
   AND (%(cameras)s::uuid[] IS NULL OR camera_id = ANY(%(cameras)s))

-- name: complete
-- Only one request completes an upload.
UPDATE gateway.uploads SET state = 'complete', completed_at = now()
 WHERE tenant_id = %(tenant_id)s AND id = %(id)s AND state = 'open'
RETURNING id

-- name: name_job
UPDATE gateway.uploads SET job_id = %(job_id)s WHERE tenant_id = %(tenant_id)s AND id = %(id)s

-- name: abort
UPDATE gateway.uploads SET state = 'aborted'
 WHERE tenant_id = %(tenant_id)s AND id = %(id)s AND state = 'open'
RETURNING object_key, multipart_id

-- name: list
-- Newest first, below a cursor; with `id`, that one alone. What is a duplicate is shown only where it is asked for.
WITH shown AS (
    SELECT u.id, u.camera_id, u.filename, u.size_bytes,
           CASE WHEN u.state = 'open' THEN 'uploading'
                WHEN r.id IS NOT NULL THEN r.state::text
                WHEN j.state = 'done' THEN 'duplicate'
                WHEN j.state = 'dead' THEN 'failed'
                WHEN j.state = 'running' THEN 'processing'
                ELSE 'queued' END AS state,
           coalesce(r.failure, CASE WHEN j.state = 'dead' THEN j.reason END) AS failure,
           CASE WHEN r.id IS NULL AND j.state = 'done' THEN (j.result ->> 'recording_id')::uuid END AS duplicate_of,
           u.job_id,
           (SELECT count(*) FROM jobs.jobs o
             WHERE o.tenant_id = u.tenant_id AND o.subject_id = u.id AND o.state IN ('ready', 'running')) AS open_jobs,
           r.segments, r.segments_done, coalesce(r.started_at, u.started_at) AS started_at, r.ended_at,
           coalesce(r.start_source::text, CASE WHEN u.started_at IS NOT NULL THEN 'given' END) AS start_source,
           encode(r.sha256, 'hex') AS sha256, r.container, r.codec, r.width, r.height, r.frame_rate, u.created_at,
           c.time_zone
      FROM gateway.uploads u
      JOIN gateway.cameras c ON c.id = u.camera_id
      LEFT JOIN ingest.recordings_read r ON r.id = u.id AND r.tenant_id = u.tenant_id
      LEFT JOIN jobs.jobs j ON j.id = u.job_id AND j.tenant_id = u.tenant_id
     WHERE u.tenant_id = %(tenant_id)s AND u.state <> 'aborted'
       AND (%(cameras)s::uuid[] IS NULL OR u.camera_id = ANY(%(cameras)s))
       AND (%(id)s::uuid IS NULL OR u.id = %(id)s)
       AND (%(camera_id)s::uuid IS NULL OR u.camera_id = %(camera_id)s)
       AND (%(before)s::uuid IS NULL OR u.id < %(before)s))
SELECT * FROM shown
 WHERE (%(state)s::text IS NULL OR state = %(state)s)
   AND (state <> 'duplicate' OR %(id)s::uuid IS NOT NULL OR %(state)s = 'duplicate')
   AND (%(from)s::timestamptz IS NULL OR coalesce(ended_at, started_at) >= %(from)s)
   AND (%(until)s::timestamptz IS NULL OR started_at < %(until)s)
 ORDER BY id DESC LIMIT %(limit)s

-- name: segments
-- In order, after a cursor.
SELECT s.id, s.ordinal, s.started_at, s.ended_at, s.size_bytes, encode(s.sha256, 'hex') AS sha256, s.object_key, c.time_zone
  FROM ingest.segments_read s
  JOIN ingest.recordings_read r ON r.id = s.recording_id AND r.tenant_id = s.tenant_id
  JOIN gateway.cameras c ON c.id = r.camera_id
 WHERE s.tenant_id = %(tenant_id)s AND s.recording_id = %(id)s AND r.state <> 'failed'
   AND (%(cameras)s::uuid[] IS NULL OR r.camera_id = ANY(%(cameras)s))
   AND (%(from)s::timestamptz IS NULL OR s.ended_at >= %(from)s)
   AND (%(until)s::timestamptz IS NULL OR s.started_at < %(until)s)
   AND (%(after)s::integer IS NULL OR s.ordinal > %(after)s)
 ORDER BY s.ordinal LIMIT %(limit)s
