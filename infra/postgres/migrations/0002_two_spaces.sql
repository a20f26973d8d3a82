-- Two embedding spaces of one kind side by side: one answers searches, another may be filled until it is complete.
-- See docs/explanations/decisions/0009-two-spaces.md.

-- What stands behind a space. `serving`: searches are answered from it, new footage is written to it; at most one a kind.
-- `incoming`: new footage is written to it as well, stored footage is being re-embedded; at most one a kind.
-- `kept`: nothing is written to it, but its vectors are still there.
ALTER TABLE embed.spaces
    ADD COLUMN state       text NOT NULL DEFAULT 'kept' CHECK (state IN ('serving', 'incoming', 'kept')),
    ADD COLUMN profile     text NOT NULL DEFAULT '',
    ADD COLUMN image_model text,                       -- the name on Triton that makes vectors of pictures; NULL: none any more
    ADD COLUMN text_model  text,                       -- the same of sentences; NULL where the kind has none
    ADD COLUMN since       timestamptz NOT NULL DEFAULT now(),  -- in this state
    ADD COLUMN asked_at    timestamptz;                -- when all of its re-embedding had been asked for; NULL: not yet
-- Until now the newest space of a kind was the one in use.
UPDATE embed.spaces s
   SET state = 'serving', profile = 'tiny', image_model = CASE kind WHEN 'semantic' THEN 'embed_image' ELSE 'appearance' END,
       text_model = CASE kind WHEN 'semantic' THEN 'embed_text' END
 WHERE id = (SELECT max(id) FROM embed.spaces newest WHERE newest.kind = s.kind);
CREATE UNIQUE INDEX spaces_serving ON embed.spaces (kind) WHERE state = 'serving';
CREATE UNIQUE INDEX spaces_incoming ON embed.spaces (kind) WHERE state = 'incoming';

CREATE TABLE embed.semantic_768 (
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
    vector        halfvec(768) NOT NULL,
    PRIMARY KEY (item_id, rank, space_id, started_at)
) PARTITION BY RANGE (started_at);
CREATE INDEX semantic_768_camera ON embed.semantic_768 (tenant_id, camera_id, started_at);
CREATE INDEX semantic_768_class ON embed.semantic_768 (tenant_id, object_class, started_at);
CALL public.force_tenant('embed.semantic_768');
GRANT SELECT, INSERT, UPDATE, DELETE ON embed.semantic_768 TO sightline_embed;

-- Makes the partitions of a day (UTC) where they are missing. Safe to call from many workers at once.
CREATE OR REPLACE FUNCTION embed.ensure_day(day date)
    RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    parent text;
    leaf text;
BEGIN
    FOREACH parent IN ARRAY ARRAY['semantic_384', 'semantic_768', 'appearance_256'] LOOP
        leaf := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
        IF to_regclass(format('embed.%I', leaf)) IS NULL THEN
            PERFORM pg_advisory_xact_lock(hashtextextended('embed.ensure_day', 0));
            EXECUTE format('CREATE TABLE IF NOT EXISTS embed.%I PARTITION OF embed.%I FOR VALUES FROM (%L) TO (%L)',
                           leaf, parent, day::text || ' 00:00+00', (day + 1)::text || ' 00:00+00');
        END IF;
    END LOOP;
END $$;

-- Spaces change hands under one lock. A transaction that stores new footage holds it shared, so that it either is seen
-- whole by the one that changes a space's state, or sees the new state itself.
CREATE FUNCTION embed.hold_spaces()
    RETURNS void
    LANGUAGE sql VOLATILE SET search_path = pg_catalog AS $$
    SELECT pg_advisory_xact_lock_shared(hashtextextended('embed.spaces', 0))
$$;
CREATE FUNCTION embed.lock_spaces()
    RETURNS void
    LANGUAGE sql VOLATILE SET search_path = pg_catalog AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('embed.spaces', 0))
$$;

-- Notes which weights stand behind names on Triton and returns their space. The first of a kind serves. Other weights under
-- a name that was known take the place of those that are gone: a space that nothing can ask any more must not serve.
-- A space of that name but of another kind or dimension is returned as it is: the caller must look.
CREATE FUNCTION embed.bind_space(space_name text, space_kind text, space_dimension integer, of_profile text, for_images text,
                                 for_texts text)
    RETURNS embed.spaces
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    bound embed.spaces;
    replaced text;
BEGIN
    SELECT * INTO bound FROM embed.spaces s
     WHERE s.name = space_name AND s.kind = space_kind AND s.dimension = space_dimension AND s.profile = of_profile
       AND s.image_model = for_images AND s.text_model IS NOT DISTINCT FROM for_texts
       AND EXISTS (SELECT FROM embed.spaces o WHERE o.kind = space_kind AND o.state = 'serving');
    IF FOUND THEN
        RETURN bound;
    END IF;
    PERFORM embed.lock_spaces();
    -- Only where it is missing: a conflict uses up an id, and there are 32,767.
    INSERT INTO embed.spaces (name, kind, dimension)
    SELECT space_name, space_kind, space_dimension WHERE NOT EXISTS (SELECT FROM embed.spaces WHERE name = space_name);
    SELECT * INTO bound FROM embed.spaces s WHERE s.name = space_name;
    IF (bound.kind, bound.dimension) <> (space_kind, space_dimension) THEN
        RETURN bound;
    END IF;
    SELECT s.state INTO replaced FROM embed.spaces s
     WHERE s.kind = space_kind AND s.image_model = for_images AND s.name <> space_name;
    UPDATE embed.spaces s
       SET image_model = NULL, text_model = NULL, state = 'kept', since = now(), asked_at = NULL
     WHERE s.kind = space_kind AND s.image_model = for_images AND s.name <> space_name;
    UPDATE embed.spaces s
       SET profile = of_profile, image_model = for_images, text_model = for_texts
     WHERE s.id = bound.id;
    UPDATE embed.spaces s
       SET state = CASE WHEN NOT EXISTS (SELECT FROM embed.spaces o WHERE o.kind = space_kind AND o.state = 'serving')
                        THEN 'serving' ELSE 'incoming' END,
           since = now(), asked_at = NULL
     WHERE s.id = bound.id
       AND (NOT EXISTS (SELECT FROM embed.spaces o WHERE o.kind = space_kind AND o.state = 'serving')
            OR (s.state = 'kept' AND replaced = 'incoming'));
    SELECT * INTO bound FROM embed.spaces s WHERE s.id = bound.id;
    RETURN bound;
END $$;

-- Makes a space the incoming one of its kind: from now on new footage is written to it too. Another that was incoming is
-- given up, which costs nothing that it has. Returns its state: `serving` where it already is.
CREATE FUNCTION embed.begin_switch(space smallint)
    RETURNS text
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog AS $$
DECLARE
    wanted embed.spaces;
BEGIN
    PERFORM embed.lock_spaces();
    SELECT * INTO STRICT wanted FROM embed.spaces s WHERE s.id = space;
    UPDATE embed.spaces s SET state = 'kept', since = now(), asked_at = NULL
     WHERE s.kind = wanted.kind AND s.state = 'incoming' AND s.id <> space;
    IF wanted.state <> 'serving' THEN
        UPDATE embed.spaces s
           SET state = 'incoming', asked_at = NULL, since = CASE s.state WHEN 'incoming' THEN s.since ELSE now() END
         WHERE s.id = space;
    END IF;
    RETURN CASE wanted.state WHEN 'serving' THEN 'serving' ELSE 'incoming' END;
END $$;

-- Asks for the vectors that the tenant's stored footage does not have in a space: one job (`embed.reembed.v1`) a recording,
-- which starts over where it had been done or given up before. Returns how many stills are asked for.
CREATE FUNCTION embed.ask_reembedding(space smallint, tenant uuid, most_attempts integer)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog AS $$
DECLARE
    wanted embed.spaces;
    asked bigint;
BEGIN
    PERFORM set_config('sightline.tenant', tenant::text, true);
    SELECT * INTO STRICT wanted FROM embed.spaces s WHERE s.id = space;
    WITH missing AS (
        SELECT t.recording_id, t.started_at
          FROM ingest.tracks_read t JOIN ingest.crops_read c ON c.tenant_id = t.tenant_id AND c.track_id = t.id
         WHERE t.tenant_id = tenant
           AND NOT EXISTS (SELECT FROM embed.vector_keys_read v
                            WHERE v.tenant_id = tenant AND v.space_id = space AND v.item_id = t.id AND v.rank = c.rank
                              AND v.started_at = t.started_at)
        UNION ALL
        SELECT s.recording_id, s.at
          FROM ingest.scenes_read s
         WHERE s.tenant_id = tenant AND wanted.kind = 'semantic'
           AND NOT EXISTS (SELECT FROM embed.vector_keys_read v
                            WHERE v.tenant_id = tenant AND v.space_id = space AND v.item_id = s.id AND v.rank = 0
                              AND v.started_at = s.at)),
    recordings AS (
        SELECT m.recording_id, count(*) AS stills, max(m.started_at) AS latest FROM missing m GROUP BY m.recording_id),
    jobs AS (
        INSERT INTO jobs.jobs AS j (tenant_id, contract, queue, key, subject_id, payload, max_attempts)
        SELECT tenant, 'embed.reembed.v1', 'embed.bulk', wanted.name || '/' || r.recording_id, r.recording_id,
               jsonb_build_object('recording_id', r.recording_id, 'space', wanted.name, 'stills', r.stills), most_attempts
          FROM recordings r
         -- The latest footage first: it is what people look for.
         ORDER BY r.latest DESC
        ON CONFLICT (tenant_id, contract, key) DO UPDATE
           SET state = 'ready', attempts = 0, max_attempts = excluded.max_attempts, payload = excluded.payload,
               not_before = now(), published_at = NULL, progress = 0, result = NULL, reason = NULL, finished_at = NULL
         WHERE j.state IN ('done', 'dead'))
    SELECT coalesce(sum(r.stills), 0) INTO asked FROM recordings r;
    -- What was given up and has nothing to do any more (its recording was deleted, say) would block the switch: it looks
    -- once more, finds nothing and is done.
    UPDATE jobs.jobs j
       SET state = 'ready', attempts = 0, not_before = now(), published_at = NULL, progress = 0, finished_at = NULL
     WHERE j.tenant_id = tenant AND j.contract = 'embed.reembed.v1' AND j.payload->>'space' = wanted.name AND j.state = 'dead';
    RETURN asked;
END $$;
CREATE INDEX jobs_reembed ON jobs.jobs ((payload->>'space')) WHERE contract = 'embed.reembed.v1';

-- Lets a space serve once everything that was asked for is done; `leaving` is the job that ends with this transaction.
-- Returns the space's state. Jobs that end at the same time come here one after the other, so the last one sees all.
CREATE FUNCTION embed.settle_switch(space smallint, leaving uuid)
    RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    wanted embed.spaces;
BEGIN
    PERFORM embed.lock_spaces();
    SELECT * INTO STRICT wanted FROM embed.spaces s WHERE s.id = space;
    IF wanted.state <> 'incoming' OR wanted.asked_at IS NULL
       OR EXISTS (SELECT FROM jobs.jobs j
                   WHERE j.contract = 'embed.reembed.v1' AND j.payload->>'space' = wanted.name AND j.state <> 'done'
                     AND j.id IS DISTINCT FROM leaving)
    THEN
        RETURN wanted.state;
    END IF;
    UPDATE embed.spaces s SET state = 'kept', since = now() WHERE s.kind = wanted.kind AND s.state = 'serving';
    UPDATE embed.spaces s SET state = 'serving', since = now(), asked_at = NULL WHERE s.id = space;
    RETURN 'serving';
END $$;

-- Whether fresh footage waits for its vectors or is getting them now: re-embedding then gives way for a moment.
CREATE FUNCTION embed.fresh_waits()
    RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT EXISTS (SELECT FROM jobs.jobs j WHERE j.state = 'ready' AND j.queue = 'embed' AND j.not_before <= now())
        OR EXISTS (SELECT FROM jobs.jobs j WHERE j.state = 'running' AND j.queue = 'embed' AND j.lease_until > now())
$$;

REVOKE EXECUTE ON FUNCTION embed.bind_space, embed.begin_switch, embed.ask_reembedding, embed.settle_switch, embed.fresh_waits
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION embed.bind_space, embed.settle_switch, embed.fresh_waits TO sightline_embed;

-- Views ------------------------------------------------------------------------------------------------------------------

GRANT SELECT ON embed.semantic_768 TO sightline_reader;
GRANT CREATE ON SCHEMA embed TO sightline_reader;
SET LOCAL ROLE sightline_reader;
CREATE OR REPLACE VIEW embed.spaces_read AS
    SELECT id, name, kind, dimension, state, profile, image_model, text_model, since FROM embed.spaces;
CREATE VIEW embed.semantic_768_read AS SELECT * FROM embed.semantic_768;
-- Which stills have a vector in which space, whatever its length.
CREATE VIEW embed.vector_keys_read AS
    SELECT tenant_id, item_id, rank, space_id, started_at FROM embed.semantic_384
    UNION ALL
    SELECT tenant_id, item_id, rank, space_id, started_at FROM embed.semantic_768
    UNION ALL
    SELECT tenant_id, item_id, rank, space_id, started_at FROM embed.appearance_256;
GRANT SELECT ON embed.semantic_768_read, embed.vector_keys_read
    TO sightline_gateway, sightline_ingest, sightline_embed, sightline_search, sightline_report;
RESET ROLE;
REVOKE CREATE ON SCHEMA embed FROM sightline_reader;
