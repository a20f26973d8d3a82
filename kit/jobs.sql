-- Statements of kit.jobs. Definer functions (claim, renew, reconcile, counts) stand in the migrations.

-- name: enqueue
-- The same work asked for twice is one job; `created` says whether this call made it.
INSERT INTO jobs.jobs AS j (tenant_id, contract, queue, key, subject_id, payload, max_attempts, trace)
VALUES (%(tenant_id)s, %(contract)s, %(queue)s, %(key)s, %(subject_id)s, %(payload)s, %(max_attempts)s, %(trace)s)
ON CONFLICT (tenant_id, contract, key) DO UPDATE SET key = excluded.key
RETURNING j.id, (j.xmax = 0) AS created

-- name: claim
SELECT * FROM jobs.claim(%(job_id)s, %(claimant)s, make_interval(secs => %(lease_seconds)s))

-- name: renew
SELECT jobs.renew(%(job_id)s, %(token)s, make_interval(secs => %(lease_seconds)s), %(share)s::real) AS kept

-- name: complete
UPDATE jobs.jobs
   SET state = 'done', lease_token = NULL, lease_until = NULL, progress = 1, result = %(result)s, reason = NULL,
       finished_at = now()
 WHERE tenant_id = %(tenant_id)s AND id = %(job_id)s AND lease_token = %(token)s

-- name: checkpoint
UPDATE jobs.jobs
   SET progress = greatest(progress, %(share)s::real)
 WHERE tenant_id = %(tenant_id)s AND id = %(job_id)s AND lease_token = %(token)s AND state = 'running'

-- name: give_up
UPDATE jobs.jobs
   SET state = 'dead', lease_token = NULL, lease_until = NULL, reason = %(reason)s, finished_at = now()
 WHERE tenant_id = %(tenant_id)s AND id = %(job_id)s AND lease_token = %(token)s

-- name: retry
UPDATE jobs.jobs
   SET state = 'ready', lease_token = NULL, lease_until = NULL, reason = %(reason)s, published_at = NULL,
       not_before = now() + make_interval(secs => %(delay_seconds)s)
 WHERE tenant_id = %(tenant_id)s AND id = %(job_id)s AND lease_token = %(token)s

-- name: replay
-- A dead job starts over with all its attempts.
UPDATE jobs.jobs
   SET state = 'ready', attempts = 0, not_before = now(), published_at = NULL, finished_at = NULL, progress = 0
 WHERE tenant_id = %(tenant_id)s AND id = %(job_id)s AND state = 'dead'
RETURNING id, contract, queue, trace

-- name: reconcile
SELECT * FROM jobs.reconcile(make_interval(secs => %(quiet_seconds)s), %(batch)s)

-- name: counts
SELECT queue, contract, state::text, jobs, oldest_seconds FROM jobs.counts()

-- name: get
SELECT id, contract, queue, key, subject_id, payload, state::text, attempts, max_attempts, not_before, progress, result, reason,
       worker, trace, created_at, started_at, finished_at
  FROM jobs.jobs WHERE tenant_id = %(tenant_id)s AND id = %(job_id)s

-- name: list
-- Newest first, below a cursor.
SELECT id, contract, queue, key, subject_id, payload, state::text, attempts, max_attempts, not_before, progress, result, reason,
       worker, trace, created_at, started_at, finished_at
  FROM jobs.jobs
 WHERE tenant_id = %(tenant_id)s
   AND (%(state)s::text IS NULL OR state = %(state)s::jobs.state)
   AND (%(subject_id)s::uuid IS NULL OR subject_id = %(subject_id)s)
   AND (%(before)s::uuid IS NULL OR id < %(before)s)
 ORDER BY id DESC LIMIT %(limit)s
