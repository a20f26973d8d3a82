-- The house: one schema per service plus `jobs`; a service writes its own schema and reads others' through views.
-- Roles exist before (infra.postgres.migrate.ensure_roles). Everything here is owned by sightline_owner (BYPASSRLS).

CREATE EXTENSION IF NOT EXISTS vector;

CREATE SCHEMA jobs;
CREATE SCHEMA gateway;
CREATE SCHEMA ingest;
CREATE SCHEMA embed;
CREATE SCHEMA search;
CREATE SCHEMA report;

GRANT USAGE ON SCHEMA jobs TO sightline_gateway, sightline_ingest, sightline_embed, sightline_search, sightline_report;
GRANT USAGE ON SCHEMA gateway, ingest, embed, search, report
    TO sightline_gateway, sightline_ingest, sightline_embed, sightline_search, sightline_report, sightline_reader;

-- The tenant of the running transaction: set by kit.postgres with set_config('sightline.tenant', …, true).
CREATE FUNCTION public.current_tenant() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('sightline.tenant', true), '')::uuid;

-- Forces row-level security by tenant on a table, as a second layer under the explicit filters.
CREATE PROCEDURE public.force_tenant(target regclass)
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('CREATE POLICY tenant ON %s USING (tenant_id = public.current_tenant()) '
                   'WITH CHECK (tenant_id = public.current_tenant())', target);
END $$;
REVOKE EXECUTE ON PROCEDURE public.force_tenant FROM PUBLIC;

-- jobs: the truth about all work; the Celery message is only a wake-up -----------------------------------------------

CREATE TYPE jobs.state AS ENUM ('ready', 'running', 'done', 'dead');

CREATE TABLE jobs.jobs (
    id            uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id     uuid NOT NULL,
    contract      text NOT NULL,                -- contracts.TaskContract.name
    queue         text NOT NULL,
    key           text NOT NULL,                -- deterministic: the same work asked for twice is one job
    subject_id    uuid,                         -- what it is about: a recording, a report
    payload       jsonb NOT NULL,
    state         jobs.state NOT NULL DEFAULT 'ready',
    attempts      integer NOT NULL DEFAULT 0,   -- counted at the claim
    max_attempts  integer NOT NULL DEFAULT 3,
    not_before    timestamptz NOT NULL DEFAULT now(),
    lease_token   uuid,
    lease_until   timestamptz,
    worker        text,                         -- who holds or last held the lease
    progress      real NOT NULL DEFAULT 0,      -- 0 to 1
    result        jsonb,
    reason        text,                         -- of the last failure, for a person
    trace         text,                         -- W3C traceparent of the request that led to it
    published_at  timestamptz,                  -- last wake-up sent
    created_at    timestamptz NOT NULL DEFAULT now(),
    started_at    timestamptz,
    finished_at   timestamptz,
    UNIQUE (tenant_id, contract, key),
    CHECK ((state = 'running') = (lease_token IS NOT NULL)),
    CHECK (state <> 'dead' OR reason IS NOT NULL)
);
CREATE INDEX jobs_ready ON jobs.jobs (queue, not_before) WHERE state = 'ready';
CREATE INDEX jobs_leases ON jobs.jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_listing ON jobs.jobs (tenant_id, id DESC);
CREATE INDEX jobs_subject ON jobs.jobs (tenant_id, subject_id);
CALL public.force_tenant('jobs.jobs');
GRANT SELECT, INSERT, UPDATE ON jobs.jobs
    TO sightline_gateway, sightline_ingest, sightline_embed, sightline_search, sightline_report;

-- Takes a job for one worker. A worker knows only the job's id, so this runs above row-level security and returns the tenant.
-- No row: done, dead, not yet due, or held by somebody else. `exhausted`: all attempts are used up (the earlier holders died
-- without a word); the caller must give it up.
CREATE FUNCTION jobs.claim(job_id uuid, claimant text, lease interval)
    RETURNS TABLE (id uuid, tenant_id uuid, contract text, subject_id uuid, payload jsonb, attempts integer,
                   max_attempts integer, exhausted boolean, lease_token uuid, trace text, waited_seconds double precision)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
    UPDATE jobs.jobs j
       SET state = 'running', attempts = j.attempts + 1, lease_token = uuidv7(), lease_until = now() + lease,
           worker = claimant, started_at = now(), progress = 0
     WHERE j.id = job_id
       AND ((j.state = 'ready' AND j.not_before <= now()) OR (j.state = 'running' AND j.lease_until < now()))
    RETURNING j.id, j.tenant_id, j.contract, j.subject_id, j.payload, j.attempts, j.max_attempts,
              j.attempts > j.max_attempts, j.lease_token, j.trace,
              extract(epoch FROM now() - greatest(j.created_at, j.not_before))::double precision
$$;

-- Keeps the lease. False: it was lost, and nothing that its holder does can be committed any more.
CREATE FUNCTION jobs.renew(job_id uuid, token uuid, lease interval, share real)
    RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH kept AS (
        UPDATE jobs.jobs SET lease_until = now() + lease, progress = greatest(progress, share)
         WHERE id = job_id AND lease_token = token AND state = 'running'
        RETURNING 1)
    SELECT EXISTS (SELECT FROM kept)
$$;

-- Makes jobs whose lease ran out ready again, then hands out the ready jobs that were not announced in `quiet`,
-- marking them announced. Several reconcilers may run at once.
CREATE FUNCTION jobs.reconcile(quiet interval, batch integer)
    RETURNS TABLE (id uuid, contract text, queue text, trace text, reclaimed boolean)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH expired AS (
        SELECT j.id FROM jobs.jobs j WHERE j.state = 'running' AND j.lease_until < now()
         LIMIT batch FOR UPDATE SKIP LOCKED),
    reclaimed AS (
        UPDATE jobs.jobs j
           SET state = 'ready', lease_token = NULL, lease_until = NULL, not_before = now(), published_at = now(),
               reason = format('the lease of worker %s ran out in attempt %s: it died or hung', j.worker, j.attempts)
          FROM expired WHERE j.id = expired.id
        RETURNING j.id, j.contract, j.queue, j.trace),
    waiting AS (
        SELECT j.id FROM jobs.jobs j
         WHERE j.state = 'ready' AND j.not_before <= now()
           AND (j.published_at IS NULL OR j.published_at < now() - quiet)
         ORDER BY j.not_before LIMIT batch FOR UPDATE SKIP LOCKED),
    announced AS (
        UPDATE jobs.jobs j SET published_at = now() FROM waiting WHERE j.id = waiting.id
        RETURNING j.id, j.contract, j.queue, j.trace)
    SELECT r.id, r.contract, r.queue, r.trace, true FROM reclaimed r
    UNION ALL
    SELECT a.id, a.contract, a.queue, a.trace, false FROM announced a
$$;

-- For metrics: how many jobs of each kind stand where, and how long the oldest ready one has waited. Over all tenants.
CREATE FUNCTION jobs.counts()
    RETURNS TABLE (queue text, contract text, state jobs.state, jobs bigint, oldest_seconds double precision)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT j.queue, j.contract, j.state, count(*),
           coalesce(extract(epoch FROM now() - min(j.not_before) FILTER (WHERE j.state = 'ready')), 0)::double precision
      FROM jobs.jobs j GROUP BY j.queue, j.contract, j.state
$$;

REVOKE EXECUTE ON FUNCTION jobs.claim, jobs.renew, jobs.reconcile, jobs.counts FROM PUBLIC;
GRANT EXECUTE ON FUNCTION jobs.claim, jobs.renew, jobs.reconcile, jobs.counts
    TO sightline_gateway, sightline_ingest, sightline_embed, sightline_search, sightline_report;

-- gateway: tenants, keys, cameras, uploads ----------------------------------------------------------------------------

CREATE TABLE gateway.tenants (
    id          uuid PRIMARY KEY DEFAULT uuidv7(),
    name        text NOT NULL UNIQUE,
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE gateway.api_keys (
    id            uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id     uuid NOT NULL REFERENCES gateway.tenants,
    name          text NOT NULL,
    prefix        text NOT NULL,                -- the first characters, so that people can tell keys apart
    secret_hash   bytea NOT NULL UNIQUE,        -- SHA-256 of the whole key; the key itself is shown once and never kept
    scopes        text[] NOT NULL,
    camera_ids    uuid[],                       -- NULL: every camera of the tenant
    created_at    timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz,
    revoked_at    timestamptz,
    last_used_at  timestamptz
);
CALL public.force_tenant('gateway.api_keys');

-- Finds the live key with this hash. Runs above row-level security: the tenant is what is being asked for.
CREATE FUNCTION gateway.authenticate(presented bytea)
    RETURNS TABLE (key_id uuid, tenant_id uuid, name text, scopes text[], camera_ids uuid[])
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
    UPDATE gateway.api_keys k SET last_used_at = now()
     WHERE k.secret_hash = presented AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
    RETURNING k.id, k.tenant_id, k.name, k.scopes, k.camera_ids
$$;
REVOKE EXECUTE ON FUNCTION gateway.authenticate FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gateway.authenticate TO sightline_gateway;

CREATE TABLE gateway.cameras (
    id            uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id     uuid NOT NULL REFERENCES gateway.tenants,
    name          text NOT NULL,
    site          text NOT NULL DEFAULT '',
    time_zone     text NOT NULL DEFAULT 'UTC',  -- IANA
    external_ids  jsonb NOT NULL DEFAULT '{}',  -- VMS GUID, ONVIF token …
    version       integer NOT NULL DEFAULT 1,   -- the ETag
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, name)
);
CALL public.force_tenant('gateway.cameras');

CREATE TYPE gateway.upload_state AS ENUM ('open', 'complete', 'aborted');

CREATE TABLE gateway.uploads (
    id             uuid PRIMARY KEY,            -- also the recording's id
    tenant_id      uuid NOT NULL REFERENCES gateway.tenants,
    camera_id      uuid NOT NULL REFERENCES gateway.cameras,
    filename       text NOT NULL,
    size_bytes     bigint NOT NULL,
    started_at     timestamptz,                 -- as given; NULL: to be read from the container
    object_key     text NOT NULL,
    multipart_id   text,                        -- S3's upload id; NULL: a plain upload
    part_bytes     bigint,
    state          gateway.upload_state NOT NULL DEFAULT 'open',
    job_id         uuid,                        -- the ingest.recording job, once complete
    created_at     timestamptz NOT NULL DEFAULT now(),
    completed_at   timestamptz
);
CREATE INDEX uploads_listing ON gateway.uploads (tenant_id, id DESC);
CALL public.force_tenant('gateway.uploads');

CREATE TABLE gateway.idempotency_keys (
    tenant_id     uuid NOT NULL REFERENCES gateway.tenants,
    key           text NOT NULL,
    request_hash  bytea NOT NULL,               -- SHA-256 of method, path and body
    status        integer,                      -- NULL while the first request is still running
    body          bytea,
    headers       jsonb,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, key)
);
CALL public.force_tenant('gateway.idempotency_keys');

GRANT SELECT ON gateway.tenants TO sightline_gateway;
GRANT SELECT, INSERT, UPDATE ON gateway.api_keys, gateway.cameras, gateway.uploads TO sightline_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON gateway.idempotency_keys TO sightline_gateway;

-- ingest: recordings, segments, tracks, scenes -------------------------------------------------------------------------

CREATE TYPE ingest.recording_state AS ENUM ('processing', 'ready', 'failed');
CREATE TYPE ingest.segment_state AS ENUM ('pending', 'done');
CREATE TYPE ingest.start_source AS ENUM ('given', 'container');

CREATE TABLE ingest.recordings (
    id            uuid PRIMARY KEY,
    tenant_id     uuid NOT NULL,
    camera_id     uuid NOT NULL,
    sha256        bytea NOT NULL,               -- of the file as it came
    filename      text NOT NULL,
    container     text NOT NULL,
    codec         text NOT NULL,
    width         integer NOT NULL,
    height        integer NOT NULL,
    frame_rate    real NOT NULL,                -- mean; frames keep their own times
    size_bytes    bigint NOT NULL,
    object_key    text NOT NULL,                -- the original, kept as it came
    started_at    timestamptz NOT NULL,
    ended_at      timestamptz NOT NULL,
    start_source  ingest.start_source NOT NULL,
    segments      integer NOT NULL,
    state         ingest.recording_state NOT NULL DEFAULT 'processing',
    failure       text,
    created_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, camera_id, sha256),      -- the same file sent twice is one recording
    CHECK ((state = 'failed') = (failure IS NOT NULL))
);
CREATE INDEX recordings_time ON ingest.recordings (tenant_id, camera_id, started_at);
CALL public.force_tenant('ingest.recordings');

CREATE TABLE ingest.segments (
    id             uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id      uuid NOT NULL,
    recording_id   uuid NOT NULL REFERENCES ingest.recordings ON DELETE CASCADE,
    ordinal        integer NOT NULL,
    sha256         bytea NOT NULL,
    object_key     text NOT NULL,
    size_bytes     bigint NOT NULL,
    started_at     timestamptz NOT NULL,
    ended_at       timestamptz NOT NULL,
    state          ingest.segment_state NOT NULL DEFAULT 'pending',
    tracker_state  bytea,                       -- msgpack, after this segment
    figures        jsonb,                       -- frames decoded, frames looked at, seconds by stage
    UNIQUE (recording_id, ordinal)
);
CALL public.force_tenant('ingest.segments');

CREATE TABLE ingest.tracks (
    id             uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id      uuid NOT NULL,
    camera_id      uuid NOT NULL,
    recording_id   uuid NOT NULL REFERENCES ingest.recordings ON DELETE CASCADE,
    ordinal        integer NOT NULL,            -- order of closing within the recording
    object_class   text NOT NULL,
    score          real NOT NULL,               -- mean detection score
    started_at     timestamptz NOT NULL,
    ended_at       timestamptz NOT NULL,
    detections     integer NOT NULL,
    path           jsonb NOT NULL,              -- [[seconds since started_at, left, top, right, bottom], …], shares of the frame
    UNIQUE (recording_id, ordinal)
);
CREATE INDEX tracks_time ON ingest.tracks (tenant_id, camera_id, started_at);
CALL public.force_tenant('ingest.tracks');

CREATE TABLE ingest.crops (
    tenant_id   uuid NOT NULL,
    track_id    uuid NOT NULL REFERENCES ingest.tracks ON DELETE CASCADE,
    rank        smallint NOT NULL,              -- 0 is the best
    at          timestamptz NOT NULL,
    box         real[] NOT NULL,                -- left, top, right, bottom, shares of the frame
    object_key  text NOT NULL,
    width       integer NOT NULL,
    height      integer NOT NULL,
    quality     real NOT NULL,
    PRIMARY KEY (track_id, rank)
);
CALL public.force_tenant('ingest.crops');

CREATE TABLE ingest.scenes (
    id            uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id     uuid NOT NULL,
    camera_id     uuid NOT NULL,
    recording_id  uuid NOT NULL REFERENCES ingest.recordings ON DELETE CASCADE,
    at            timestamptz NOT NULL,
    object_key    text NOT NULL,
    width         integer NOT NULL,
    height        integer NOT NULL,
    UNIQUE (recording_id, at)
);
CALL public.force_tenant('ingest.scenes');

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ingest TO sightline_ingest;

-- embed: vectors ---------------------------------------------------------------------------------------------------------

CREATE TABLE embed.spaces (
    id          smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL UNIQUE,           -- the model's own word for its space, from its Triton configuration
    kind        text NOT NULL,                  -- contracts.Space
    dimension   integer NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- One table per kind and dimension, partitioned by day, with what searches filter on beside the vector.
CREATE TABLE embed.semantic_384 (
    tenant_id     uuid NOT NULL,
    camera_id     uuid NOT NULL,
    recording_id  uuid NOT NULL,
    started_at    timestamptz NOT NULL,         -- of the track or scene; the partition key
    ended_at      timestamptz NOT NULL,
    item_kind     text NOT NULL,                -- contracts.ItemKind
    item_id       uuid NOT NULL,
    object_class  text,
    rank          smallint NOT NULL,            -- the crop's; 0 for a scene
    space_id      smallint NOT NULL REFERENCES embed.spaces,
    vector        halfvec(384) NOT NULL,
    PRIMARY KEY (item_id, rank, space_id, started_at)
) PARTITION BY RANGE (started_at);
CREATE INDEX semantic_384_camera ON embed.semantic_384 (tenant_id, camera_id, started_at);
CREATE INDEX semantic_384_class ON embed.semantic_384 (tenant_id, object_class, started_at);
CALL public.force_tenant('embed.semantic_384');

CREATE TABLE embed.appearance_256 (
    tenant_id     uuid NOT NULL,
    camera_id     uuid NOT NULL,
    recording_id  uuid NOT NULL,
    started_at    timestamptz NOT NULL,
    ended_at      timestamptz NOT NULL,
    item_kind     text NOT NULL,
    item_id       uuid NOT NULL,
    object_class  text,
    rank          smallint NOT NULL,
    space_id      smallint NOT NULL REFERENCES embed.spaces,
    vector        halfvec(256) NOT NULL,
    PRIMARY KEY (item_id, rank, space_id, started_at)
) PARTITION BY RANGE (started_at);
CREATE INDEX appearance_256_camera ON embed.appearance_256 (tenant_id, camera_id, started_at);
CREATE INDEX appearance_256_class ON embed.appearance_256 (tenant_id, object_class, started_at);
CALL public.force_tenant('embed.appearance_256');

-- Makes the partitions of a day (UTC) where they are missing. Safe to call from many workers at once.
CREATE FUNCTION embed.ensure_day(day date)
    RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    parent text;
    leaf text;
BEGIN
    FOREACH parent IN ARRAY ARRAY['semantic_384', 'appearance_256'] LOOP
        leaf := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
        IF to_regclass(format('embed.%I', leaf)) IS NULL THEN
            PERFORM pg_advisory_xact_lock(hashtextextended('embed.ensure_day', 0));
            EXECUTE format('CREATE TABLE IF NOT EXISTS embed.%I PARTITION OF embed.%I FOR VALUES FROM (%L) TO (%L)',
                           leaf, parent, day::text || ' 00:00+00', (day + 1)::text || ' 00:00+00');
        END IF;
    END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION embed.ensure_day FROM PUBLIC;
GRANT EXECUTE ON FUNCTION embed.ensure_day TO sightline_embed;

GRANT SELECT, INSERT, UPDATE, DELETE ON embed.spaces, embed.semantic_384, embed.appearance_256 TO sightline_embed;

-- report: reports and their clips ---------------------------------------------------------------------------------------

CREATE TABLE report.reports (
    id            uuid PRIMARY KEY,
    tenant_id     uuid NOT NULL,
    title         text NOT NULL,
    query         text NOT NULL,
    requested_by  text NOT NULL,
    object_key    text NOT NULL,                -- the PDF
    sha256        bytea NOT NULL,
    size_bytes    bigint NOT NULL,
    pages         integer NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);
CALL public.force_tenant('report.reports');

CREATE TABLE report.clips (
    tenant_id     uuid NOT NULL,
    report_id     uuid NOT NULL REFERENCES report.reports ON DELETE CASCADE,
    position      integer NOT NULL,             -- the hit's place in the report, from 0
    item_kind     text NOT NULL,
    item_id       uuid NOT NULL,
    camera_id     uuid NOT NULL,
    recording_id  uuid NOT NULL,
    started_at    timestamptz NOT NULL,         -- of the clip
    ended_at      timestamptz NOT NULL,
    object_key    text NOT NULL,
    sha256        bytea NOT NULL,
    size_bytes    bigint NOT NULL,
    original_sha256 bytea NOT NULL,             -- of the recording it was cut from
    PRIMARY KEY (report_id, position)
);
CALL public.force_tenant('report.clips');

GRANT SELECT, INSERT, UPDATE, DELETE ON report.reports, report.clips TO sightline_report;

-- Views: what a service lets others read --------------------------------------------------------------------------------
-- They run as sightline_reader, which row-level security binds like any other role.

GRANT SELECT ON gateway.cameras, gateway.tenants TO sightline_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA ingest TO sightline_reader;
GRANT SELECT ON embed.spaces, embed.semantic_384, embed.appearance_256 TO sightline_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA report TO sightline_reader;
GRANT CREATE ON SCHEMA gateway, ingest, embed, report TO sightline_reader;
SET LOCAL ROLE sightline_reader;

CREATE VIEW gateway.cameras_read AS
    SELECT id, tenant_id, name, site, time_zone FROM gateway.cameras;
CREATE VIEW ingest.recordings_read AS
    SELECT id, tenant_id, camera_id, sha256, filename, container, codec, width, height, frame_rate, size_bytes, object_key,
           started_at, ended_at, start_source, segments, state, failure, created_at,
           (SELECT count(*) FROM ingest.segments s WHERE s.recording_id = r.id AND s.state = 'done') AS segments_done
      FROM ingest.recordings r;
CREATE VIEW ingest.segments_read AS
    SELECT id, tenant_id, recording_id, ordinal, sha256, object_key, size_bytes, started_at, ended_at, state, figures
      FROM ingest.segments;
-- What a failed recording left is not shown: nothing is half-visible.
CREATE VIEW ingest.tracks_read AS
    SELECT t.id, t.tenant_id, t.camera_id, t.recording_id, t.ordinal, t.object_class, t.score, t.started_at, t.ended_at,
           t.detections, t.path
      FROM ingest.tracks t JOIN ingest.recordings r ON r.id = t.recording_id AND r.state <> 'failed';
CREATE VIEW ingest.crops_read AS
    SELECT c.tenant_id, c.track_id, c.rank, c.at, c.box, c.object_key, c.width, c.height, c.quality FROM ingest.crops c;
CREATE VIEW ingest.scenes_read AS
    SELECT s.id, s.tenant_id, s.camera_id, s.recording_id, s.at, s.object_key, s.width, s.height
      FROM ingest.scenes s JOIN ingest.recordings r ON r.id = s.recording_id AND r.state <> 'failed';
CREATE VIEW embed.spaces_read AS SELECT id, name, kind, dimension FROM embed.spaces;
CREATE VIEW embed.semantic_384_read AS SELECT * FROM embed.semantic_384;
CREATE VIEW embed.appearance_256_read AS SELECT * FROM embed.appearance_256;
CREATE VIEW report.reports_read AS
    SELECT id, tenant_id, title, query, requested_by, object_key, sha256, size_bytes, pages, created_at FROM report.reports;
CREATE VIEW report.clips_read AS
    SELECT tenant_id, report_id, position, item_kind, item_id, camera_id, recording_id, started_at, ended_at, object_key,
           sha256, size_bytes, original_sha256
      FROM report.clips;

GRANT SELECT ON gateway.cameras_read, ingest.recordings_read, ingest.segments_read, ingest.tracks_read, ingest.crops_read,
                ingest.scenes_read, embed.spaces_read, embed.semantic_384_read, embed.appearance_256_read,
                report.reports_read, report.clips_read
    TO sightline_gateway, sightline_ingest, sightline_embed, sightline_search, sightline_report;

RESET ROLE;
REVOKE CREATE ON SCHEMA gateway, ingest, embed, report FROM sightline_reader;
