-- Several ways to search vectors, and what is known for choosing one: compact codes, kept counts, sealed days.
-- See docs/explanations/decisions/0010-search-routes.md.

-- The key by which rows can be spread over machines is part of every unique key, as it must be there. An item has one
-- camera, so that nothing else becomes possible. See docs/explanations/decisions/0011-past-one-machine.md.
ALTER TABLE embed.semantic_384 DROP CONSTRAINT semantic_384_pkey, ADD PRIMARY KEY (item_id, rank, space_id, started_at, camera_id);
ALTER TABLE embed.semantic_768 DROP CONSTRAINT semantic_768_pkey, ADD PRIMARY KEY (item_id, rank, space_id, started_at, camera_id);
ALTER TABLE embed.appearance_256 DROP CONSTRAINT appearance_256_pkey, ADD PRIMARY KEY (item_id, rank, space_id, started_at, camera_id);
ALTER TABLE embed.attributes DROP CONSTRAINT attributes_pkey, ADD PRIMARY KEY (track_id, started_at, camera_id);

-- Codes ------------------------------------------------------------------------------------------------------------------

-- A vector's code has two bits a dimension: whether it is above a low and above a high threshold, which lie 0.43 standard
-- deviations to both sides of the mean, so that each third of the vectors has its own pair of bits.
CREATE TABLE embed.codes (
    space_id  smallint PRIMARY KEY REFERENCES embed.spaces,
    low       public.halfvec NOT NULL,
    high      public.halfvec NOT NULL,
    sampled   integer NOT NULL,                   -- vectors that the thresholds were taken from
    made_at   timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON embed.codes TO sightline_embed;

-- NULL: stored before the space had thresholds; embed.fill_codes makes it up.
ALTER TABLE embed.semantic_384 ADD COLUMN code bit(768);
ALTER TABLE embed.semantic_768 ADD COLUMN code bit(1536);
ALTER TABLE embed.appearance_256 ADD COLUMN code bit(512);

-- The camera's index takes in all that a look at the codes reads, so that it reads nothing else.
DROP INDEX embed.semantic_384_camera, embed.semantic_768_camera, embed.appearance_256_camera;
CREATE INDEX semantic_384_camera ON embed.semantic_384 (tenant_id, camera_id, started_at)
    INCLUDE (ended_at, item_kind, item_id, object_class, rank, space_id, code);
CREATE INDEX semantic_768_camera ON embed.semantic_768 (tenant_id, camera_id, started_at)
    INCLUDE (ended_at, item_kind, item_id, object_class, rank, space_id, code);
CREATE INDEX appearance_256_camera ON embed.appearance_256 (tenant_id, camera_id, started_at)
    INCLUDE (ended_at, item_kind, item_id, object_class, rank, space_id, code);

-- Counts -----------------------------------------------------------------------------------------------------------------

-- How many vectors there are, by day and camera, day and hour, day and class: enough to guess how many a search would
-- compare, and 231 rows a day at 200 cameras.
CREATE TABLE embed.vector_counts (
    tenant_id  uuid NOT NULL,
    space_id   smallint NOT NULL REFERENCES embed.spaces,
    axis       text NOT NULL CHECK (axis IN ('camera', 'hour', 'class', 'uncoded')),
    key        text NOT NULL,                     -- a camera's id; 00 to 23 (UTC); a class, or `scene`; empty
    day        date NOT NULL,                     -- UTC, as the partitions
    rows       bigint NOT NULL,
    PRIMARY KEY (tenant_id, space_id, axis, key, day)
) WITH (fillfactor = 70);
CALL public.force_tenant('embed.vector_counts');
GRANT SELECT ON embed.vector_counts TO sightline_embed;

-- Which days there are, and which are sealed.
CREATE TABLE embed.days (
    parent     text NOT NULL,                     -- the table of vectors
    day        date NOT NULL,
    rows       bigint NOT NULL DEFAULT 0,         -- of all tenants and spaces, when it was sealed
    sealed_at  timestamptz,                       -- NULL: open
    seconds    real,                              -- that sealing took
    PRIMARY KEY (parent, day)
);
GRANT SELECT ON embed.days TO sightline_embed;

-- Adds what a statement stored to the counts, or takes off what it deleted. Rows are locked in one order, so that two
-- writers cannot wait for one another.
CREATE FUNCTION embed.count_vectors()
    RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO embed.vector_counts AS c (tenant_id, space_id, axis, key, day, rows)
    SELECT cell.tenant_id, cell.space_id, a.axis, a.key, cell.day,
           sum(cell.rows) * CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END
      FROM (SELECT v.tenant_id, v.space_id, v.camera_id, coalesce(v.object_class, v.item_kind) AS class,
                   date_trunc('hour', v.started_at AT TIME ZONE 'UTC') AS hour,
                   (v.started_at AT TIME ZONE 'UTC')::date AS day, v.code IS NULL AS uncoded, count(*) AS rows
              FROM changed v
             GROUP BY 1, 2, 3, 4, 5, 6, 7) cell
     CROSS JOIN LATERAL (VALUES ('camera', cell.camera_id::text), ('class', cell.class), ('hour', to_char(cell.hour, 'HH24')),
                                (CASE WHEN cell.uncoded THEN 'uncoded' END, '')) a (axis, key)
     WHERE a.axis IS NOT NULL
     GROUP BY 1, 2, 3, 4, 5
     ORDER BY 1, 2, 3, 4, 5
    ON CONFLICT (tenant_id, space_id, axis, key, day) DO UPDATE SET rows = c.rows + excluded.rows;
    RETURN NULL;
END $$;

-- The tables of vectors, and their codes' bits.
CREATE FUNCTION embed.vector_tables()
    RETURNS TABLE (parent text, bits integer)
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
    VALUES ('semantic_384', 768), ('semantic_768', 1536), ('appearance_256', 512)
$$;

DO $$
DECLARE
    parent text;
    leaf text;
BEGIN
    FOR parent IN SELECT t.parent FROM embed.vector_tables() t LOOP
        EXECUTE format('CREATE TRIGGER count_stored AFTER INSERT ON embed.%I REFERENCING NEW TABLE AS changed'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION embed.count_vectors()', parent);
        EXECUTE format('CREATE TRIGGER count_deleted AFTER DELETE ON embed.%I REFERENCING OLD TABLE AS changed'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION embed.count_vectors()', parent);
        -- What was stored before.
        EXECUTE format($count$
            INSERT INTO embed.vector_counts AS c (tenant_id, space_id, axis, key, day, rows)
            SELECT v.tenant_id, v.space_id, a.axis, a.key, (v.started_at AT TIME ZONE 'UTC')::date, count(*)
              FROM embed.%I v
             CROSS JOIN LATERAL (VALUES ('camera', v.camera_id::text), ('class', coalesce(v.object_class, v.item_kind)),
                                        ('hour', to_char(v.started_at AT TIME ZONE 'UTC', 'HH24')), ('uncoded', '')) a (axis, key)
             GROUP BY 1, 2, 3, 4, 5 $count$, parent);
        FOR leaf IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                     WHERE i.inhparent = format('embed.%I', parent)::regclass LOOP
            EXECUTE format('CREATE TRIGGER count_deleted AFTER DELETE ON embed.%I REFERENCING OLD TABLE AS changed'
                           ' FOR EACH STATEMENT EXECUTE FUNCTION embed.count_vectors()', leaf);
            EXECUTE format('GRANT MAINTAIN ON embed.%I TO sightline_embed', leaf);
            INSERT INTO embed.days (parent, day) VALUES (parent, to_date(right(leaf, 8), 'YYYYMMDD'));
        END LOOP;
    END LOOP;
END $$;

-- Attributes -------------------------------------------------------------------------------------------------------------

-- The values that a track has with a probability of 0.3 or more, as numbers: 256 times the layout's, plus the place in the
-- array. A search for a rare one begins with the tracks that have it.
CREATE FUNCTION embed.likely_values(layout_id smallint, probabilities smallint[])
    RETURNS integer[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
    SELECT array_agg(layout_id::integer * 256 + p.place::integer) FROM unnest(probabilities) WITH ORDINALITY p (value, place)
     WHERE p.value >= 3000
$$;
ALTER TABLE embed.attributes
    ADD COLUMN likely integer[] GENERATED ALWAYS AS (embed.likely_values(layout_id, probabilities)) STORED;
CREATE INDEX attributes_likely ON embed.attributes USING gin (likely);

-- The tenant's tracks that may have one of these values. Above row-level security, whose condition would have to be asked
-- before the index's, since that is of a kind that could give rows away: the tenant is the transaction's, as there.
CREATE FUNCTION embed.tracks_with(likely integer[], from_time timestamptz, until_time timestamptz, most bigint)
    RETURNS TABLE (track_id uuid, started_at timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY
    SELECT a.track_id, a.started_at
      FROM embed.attributes a
     WHERE a.tenant_id = public.current_tenant() AND a.likely && tracks_with.likely
       AND a.started_at >= coalesce(from_time, '-infinity') AND a.started_at < coalesce(until_time, 'infinity')
     LIMIT most;
END $$;
REVOKE EXECUTE ON FUNCTION embed.tracks_with FROM PUBLIC;
GRANT EXECUTE ON FUNCTION embed.tracks_with TO sightline_search;

-- Makes the partitions of a day (UTC) where they are missing. Safe to call from many workers at once.
CREATE OR REPLACE FUNCTION embed.ensure_day(day date)
    RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    parent text;
    leaf text;
BEGIN
    FOREACH parent IN ARRAY ARRAY['semantic_384', 'semantic_768', 'appearance_256', 'attributes'] LOOP
        leaf := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
        IF to_regclass(format('embed.%I', leaf)) IS NULL THEN
            PERFORM pg_advisory_xact_lock(hashtextextended('embed.ensure_day', 0));
            EXECUTE format('CREATE TABLE IF NOT EXISTS embed.%I PARTITION OF embed.%I FOR VALUES FROM (%L) TO (%L)',
                           leaf, parent, day::text || ' 00:00+00', (day + 1)::text || ' 00:00+00');
            CONTINUE WHEN parent = 'attributes';
            -- A statement on a leaf itself does not reach its table's triggers.
            EXECUTE format('CREATE OR REPLACE TRIGGER count_deleted AFTER DELETE ON embed.%I REFERENCING OLD TABLE AS changed'
                           ' FOR EACH STATEMENT EXECUTE FUNCTION embed.count_vectors()', leaf);
            EXECUTE format('GRANT MAINTAIN ON embed.%I TO sightline_embed', leaf);
            INSERT INTO embed.days (parent, day) VALUES (parent, day) ON CONFLICT DO NOTHING;
        END IF;
    END LOOP;
END $$;

-- Thresholds and codes ---------------------------------------------------------------------------------------------------

-- A space that has enough vectors for thresholds, and none yet.
CREATE FUNCTION embed.next_to_calibrate(fewest bigint)
    RETURNS smallint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT c.space_id FROM embed.vector_counts c
     WHERE c.axis = 'class' AND NOT EXISTS (SELECT FROM embed.codes k WHERE k.space_id = c.space_id)
     GROUP BY c.space_id HAVING sum(c.rows) >= fewest
     LIMIT 1
$$;

-- A day with vectors that lack codes which could be made: the latest first.
CREATE FUNCTION embed.next_to_code()
    RETURNS TABLE (parent text, day date)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT s.kind || '_' || s.dimension, c.day
      FROM embed.vector_counts c JOIN embed.codes k ON k.space_id = c.space_id JOIN embed.spaces s ON s.id = c.space_id
     WHERE c.axis = 'uncoded' AND c.rows > 0
     ORDER BY c.day DESC
     LIMIT 1
$$;

-- Takes a space's thresholds from a sample of its vectors, once. Returns how many were sampled; 0 where the space has
-- thresholds already, or fewer vectors than `fewest`: below that every search is exact anyway.
CREATE FUNCTION embed.calibrate_codes(space smallint, fewest integer)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    wanted embed.spaces;
    stored bigint;
    sampled integer := 0;
BEGIN
    PERFORM embed.lock_spaces();
    SELECT * INTO STRICT wanted FROM embed.spaces s WHERE s.id = space;
    SELECT coalesce(sum(c.rows), 0) INTO stored FROM embed.vector_counts c WHERE c.space_id = space AND c.axis = 'class';
    IF stored < fewest OR EXISTS (SELECT FROM embed.codes c WHERE c.space_id = space) THEN
        RETURN 0;
    END IF;
    EXECUTE format($calibrate$
        WITH sample AS MATERIALIZED (
            SELECT v.vector::vector AS v FROM embed.%I v TABLESAMPLE BERNOULLI ($2) WHERE v.space_id = $1 LIMIT 20000),
        mean AS (SELECT avg(s.v) AS m, count(*)::integer AS sampled FROM sample s),
        spread AS (SELECT avg((s.v - mean.m) * (s.v - mean.m)) AS squared FROM sample s, mean),
        band AS (
            SELECT array_agg(0.43 * sqrt(u.squared) ORDER BY u.place)::real[]::vector AS width
              FROM spread, unnest(spread.squared::real[]) WITH ORDINALITY u (squared, place))
        INSERT INTO embed.codes (space_id, low, high, sampled)
        SELECT $1, (mean.m - band.width)::halfvec, (mean.m + band.width)::halfvec, mean.sampled FROM mean, band
         WHERE mean.sampled > 0
        RETURNING sampled $calibrate$, wanted.kind || '_' || wanted.dimension)
       INTO sampled USING space, least(100.0, 100.0 * 20000 / stored);
    RETURN coalesce(sampled, 0);
END $$;

-- Makes the codes that a day's vectors lack. Returns how many were made.
CREATE FUNCTION embed.fill_codes(parent text, day date)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    wanted integer;
    made bigint;
BEGIN
    SELECT t.bits INTO STRICT wanted FROM embed.vector_tables() t WHERE t.parent = fill_codes.parent;
    EXECUTE format($fill$
        WITH filled AS (
            UPDATE embed.%I v
               SET code = (binary_quantize(v.vector - c.low) || binary_quantize(v.vector - c.high))::bit(%s)
              FROM embed.codes c
             WHERE c.space_id = v.space_id AND v.code IS NULL
            RETURNING v.tenant_id, v.space_id),
        counted AS (SELECT f.tenant_id, f.space_id, count(*) AS rows FROM filled f GROUP BY 1, 2 ORDER BY 1, 2),
        noted AS (
            UPDATE embed.vector_counts k SET rows = k.rows - c.rows FROM counted c
             WHERE k.tenant_id = c.tenant_id AND k.space_id = c.space_id AND k.axis = 'uncoded' AND k.key = '' AND k.day = $1)
        SELECT coalesce(sum(c.rows), 0) FROM counted c $fill$,
        parent || '_' || to_char(day, 'YYYYMMDD'), wanted) INTO made USING day;
    RETURN made;
END $$;

-- Sealing and dropping days ----------------------------------------------------------------------------------------------

-- The next day that is over and not sealed, or has doubled since: the latest first, as it is looked for most.
CREATE FUNCTION embed.next_to_seal(over_before date)
    RETURNS TABLE (parent text, day date, rows bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT d.parent, d.day, coalesce(n.rows, 0)::bigint
      FROM embed.days d
      LEFT JOIN (SELECT s.kind || '_' || s.dimension AS parent, c.day, sum(c.rows) AS rows
                   FROM embed.vector_counts c JOIN embed.spaces s ON s.id = c.space_id
                  WHERE c.axis = 'class' AND c.day < over_before
                  GROUP BY 1, 2) n ON n.parent = d.parent AND n.day = d.day
     WHERE d.day < over_before AND (d.sealed_at IS NULL OR n.rows > 2 * d.rows + 1000)
     ORDER BY d.day DESC, d.parent
     LIMIT 1
$$;

-- Builds a day's index over its vectors, if they are enough to want one. Who stores into that day waits for it; nobody else.
-- One process, so that it neither takes every core nor wants shared memory that containers do not have.
CREATE FUNCTION embed.index_day(parent text, day date, fewest bigint)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public SET maintenance_work_mem = '512MB' SET max_parallel_maintenance_workers = 0
    SET lock_timeout = '10s' AS $$
DECLARE
    leaf text := parent || '_' || to_char(day, 'YYYYMMDD');
    stored bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM embed.%I', leaf) INTO stored;
    IF stored < fewest THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON embed.%I USING hnsw (vector halfvec_cosine_ops)'
                   ' WITH (m = 16, ef_construction = 100)', leaf || '_hnsw', leaf);
    RETURN true;
END $$;

CREATE FUNCTION embed.mark_sealed(parent text, day date, seconds real)
    RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    stored bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM embed.%I', mark_sealed.parent || '_' || to_char(mark_sealed.day, 'YYYYMMDD')) INTO stored;
    UPDATE embed.days d SET sealed_at = now(), rows = stored, seconds = mark_sealed.seconds
     WHERE d.parent = mark_sealed.parent AND d.day = mark_sealed.day;
END $$;

-- Lets go of a day: its vectors, codes, attributes, indexes and counts, of all tenants. Returns how many vectors went.
CREATE FUNCTION embed.drop_day(day date)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '10s' AS $$
DECLARE
    parent text;
    dropped bigint;
BEGIN
    -- In the order in which vectors are stored.
    FOREACH parent IN ARRAY ARRAY['semantic_384', 'semantic_768', 'appearance_256', 'attributes'] LOOP
        EXECUTE format('DROP TABLE IF EXISTS embed.%I', parent || '_' || to_char(day, 'YYYYMMDD'));
    END LOOP;
    WITH gone AS (DELETE FROM embed.vector_counts c WHERE c.day = drop_day.day RETURNING c.axis, c.rows)
    SELECT coalesce(sum(g.rows), 0) INTO dropped FROM gone g WHERE g.axis = 'class';
    DELETE FROM embed.days d WHERE d.day = drop_day.day;
    RETURN dropped;
END $$;

-- Days before a date that hold anything, the oldest first.
CREATE FUNCTION embed.days_before(limit_day date)
    RETURNS SETOF date
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT DISTINCT d.day FROM embed.days d WHERE d.day < limit_day ORDER BY d.day
$$;

REVOKE EXECUTE ON FUNCTION embed.count_vectors, embed.next_to_calibrate, embed.calibrate_codes, embed.next_to_code,
    embed.fill_codes, embed.next_to_seal, embed.index_day, embed.mark_sealed, embed.drop_day, embed.days_before FROM PUBLIC;
GRANT EXECUTE ON FUNCTION embed.next_to_calibrate, embed.calibrate_codes, embed.next_to_code, embed.fill_codes,
    embed.next_to_seal, embed.index_day, embed.mark_sealed, embed.drop_day, embed.days_before TO sightline_embed;

-- Views ------------------------------------------------------------------------------------------------------------------

GRANT SELECT ON embed.codes, embed.vector_counts, embed.days TO sightline_reader;
GRANT CREATE ON SCHEMA embed TO sightline_reader;
SET LOCAL ROLE sightline_reader;
CREATE OR REPLACE VIEW embed.semantic_384_read AS SELECT * FROM embed.semantic_384;
CREATE OR REPLACE VIEW embed.semantic_768_read AS SELECT * FROM embed.semantic_768;
CREATE OR REPLACE VIEW embed.appearance_256_read AS SELECT * FROM embed.appearance_256;
CREATE VIEW embed.codes_read AS SELECT space_id, low, high FROM embed.codes;
CREATE VIEW embed.vector_counts_read AS SELECT tenant_id, space_id, axis, key, day, rows FROM embed.vector_counts;
CREATE VIEW embed.days_read AS SELECT parent, day, rows, sealed_at FROM embed.days;
GRANT SELECT ON embed.codes_read, embed.vector_counts_read, embed.days_read
    TO sightline_gateway, sightline_ingest, sightline_embed, sightline_search, sightline_report;
RESET ROLE;
REVOKE CREATE ON SCHEMA embed FROM sightline_reader;
