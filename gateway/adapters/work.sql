-- Jobs and reports as a caller may see them. A key that is restricted to cameras sees the jobs of their recordings, and
-- the reports all of whose items are theirs. `cameras` is the restriction: NULL, or the ids that the key may see.

-- name: jobs
-- Newest first, below a cursor; with `id`, that one alone.
SELECT j.id, j.contract, j.subject_id, j.state::text, j.attempts, j.max_attempts, j.progress, j.reason, j.result,
       j.created_at, j.started_at, j.finished_at
  FROM jobs.jobs j
 WHERE j.tenant_id = %(tenant_id)s
   AND (%(id)s::uuid IS NULL OR j.id = %(id)s)
   AND (%(state)s::text IS NULL OR j.state = %(state)s::jobs.state)
   AND (%(subject_id)s::uuid IS NULL OR j.subject_id = %(subject_id)s)
   AND (%(before)s::uuid IS NULL OR j.id < %(before)s)
   AND (%(cameras)s::uuid[] IS NULL
        OR CASE WHEN j.contract = %(report)s THEN NOT EXISTS (
                SELECT FROM jsonb_to_recordset(j.payload -> 'items') AS i (kind text, id uuid)
                  LEFT JOIN ingest.tracks_read t ON i.kind = 'track' AND t.id = i.id AND t.tenant_id = j.tenant_id
                  LEFT JOIN ingest.scenes_read s ON i.kind = 'scene' AND s.id = i.id AND s.tenant_id = j.tenant_id
                 WHERE coalesce(t.camera_id, s.camera_id) IS NULL
                    OR NOT coalesce(t.camera_id, s.camera_id) = ANY(%(cameras)s))
           ELSE EXISTS (
                SELECT FROM gateway.uploads u
                 WHERE u.tenant_id = j.tenant_id AND u.id = j.subject_id AND u.camera_id = ANY(%(cameras)s)) END)
 ORDER BY j.id DESC LIMIT %(limit)s

-- name: reports
-- Newest first, below a cursor; with `id`, that one alone. What is asked for stands in the job, what came of it in
-- the report service's view.
SELECT j.subject_id AS id, j.id AS job_id, j.payload ->> 'title' AS title, j.payload ->> 'query' AS query,
       j.payload ->> 'requested_by' AS requested_by,
       CASE j.state WHEN 'done' THEN 'ready' WHEN 'dead' THEN 'failed' ELSE 'pending' END AS state,
       CASE WHEN j.state = 'dead' THEN j.reason END AS failure,
       j.created_at, r.pages, r.size_bytes, encode(r.sha256, 'hex') AS sha256, r.object_key
  FROM jobs.jobs j
  LEFT JOIN report.reports_read r ON r.id = j.subject_id AND r.tenant_id = j.tenant_id AND j.state = 'done'
 WHERE j.tenant_id = %(tenant_id)s AND j.contract = %(report)s
   AND (%(id)s::uuid IS NULL OR j.subject_id = %(id)s)
   AND (%(before)s::uuid IS NULL OR j.id < %(before)s)
   AND (%(cameras)s::uuid[] IS NULL OR NOT EXISTS (
        SELECT FROM jsonb_to_recordset(j.payload -> 'items') AS i (kind text, id uuid)
          LEFT JOIN ingest.tracks_read t ON i.kind = 'track' AND t.id = i.id AND t.tenant_id = j.tenant_id
          LEFT JOIN ingest.scenes_read s ON i.kind = 'scene' AND s.id = i.id AND s.tenant_id = j.tenant_id
         WHERE coalesce(t.camera_id, s.camera_id) IS NULL
            OR NOT coalesce(t.camera_id, s.camera_id) = ANY(%(cameras)s)))
 ORDER BY j.id DESC LIMIT %(limit)s

-- name: clips
SELECT c.position, c.item_kind, c.item_id, c.camera_id, c.recording_id, c.started_at, c.ended_at, c.size_bytes,
       encode(c.sha256, 'hex') AS sha256, encode(c.original_sha256, 'hex') AS original_sha256, c.object_key, m.time_zone
  FROM report.clips_read c
  JOIN gateway.cameras m ON m.id = c.camera_id
 WHERE c.tenant_id = %(tenant_id)s AND c.report_id = %(id)s ORDER BY c.position
