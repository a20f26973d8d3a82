-- Indexes whose walks need keep half as many candidates for the same recall (docs/reference/search-speed.md), for some twice
-- the time to build. Days that are sealed keep theirs until they are put together with their month.

-- Builds the index over the vectors of one table of embed. Whoever calls it says with how much memory.
CREATE FUNCTION embed.build_graph(leaf text)
    RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY INVOKER SET search_path = pg_catalog, public AS $$
BEGIN
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON embed.%I USING hnsw (vector halfvec_cosine_ops)'
                   ' WITH (m = 16, ef_construction = 200)', leaf || '_hnsw', leaf);
END $$;
REVOKE EXECUTE ON FUNCTION embed.build_graph FROM PUBLIC;

-- Builds the index of the partition that a day lies in, if its vectors are enough to want one. Who stores into that partition
-- waits for it; nobody else. One process, so that it neither takes every core nor wants shared memory that containers do not have.
CREATE OR REPLACE FUNCTION embed.index_day(parent text, day date, fewest bigint)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public SET maintenance_work_mem = '512MB' SET max_parallel_maintenance_workers = 0
    SET lock_timeout = '10s' AS $$
DECLARE
    leaf text := embed.leaf_of(parent, day);
    stored bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM embed.%I', leaf) INTO stored;
    IF stored < fewest THEN
        RETURN false;
    END IF;
    PERFORM embed.build_graph(leaf);
    RETURN true;
END $$;

-- Copies days into a table beside them, in the order of time, and builds its indexes. Nobody waits for it. Returns its name.
-- The index over the vectors is much slower to build where it does not fit into memory: about 2 bytes a dimension and 400 more.
CREATE OR REPLACE FUNCTION embed.copy_days(parent text, first_day date, until_day date, fewest bigint)
    RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public SET maintenance_work_mem = '1500MB' SET max_parallel_maintenance_workers = 0 AS $$
DECLARE
    copied text := copy_days.parent || '_' || to_char(first_day, 'YYYYMMDD') || '_copy';
    leaf text;
    columns text;
    stored bigint := 0;
    more bigint;
BEGIN
    EXECUTE format('DROP TABLE IF EXISTS embed.%I', copied);
    EXECUTE format('CREATE TABLE embed.%I (LIKE embed.%I INCLUDING ALL)', copied, copy_days.parent);
    -- Told beforehand, so that nothing is to be checked while searches wait.
    EXECUTE format('ALTER TABLE embed.%I ADD CONSTRAINT span CHECK (started_at >= %L AND started_at < %L)', copied,
                   first_day::text || ' 00:00+00', until_day::text || ' 00:00+00');
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO columns
      FROM pg_attribute a
     WHERE a.attrelid = format('embed.%I', copied)::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '';
    FOR leaf IN SELECT embed.leaf_of(d.parent, d.day) FROM embed.days d
                 WHERE d.parent = copy_days.parent AND d.day >= first_day AND d.day < until_day ORDER BY d.day LOOP
        EXECUTE format('INSERT INTO embed.%I (%s) SELECT %s FROM embed.%I ORDER BY started_at', copied, columns, columns, leaf);
        GET DIAGNOSTICS more = ROW_COUNT;
        stored := stored + more;
    END LOOP;
    IF copy_days.parent <> 'attributes' AND stored >= fewest THEN
        PERFORM embed.build_graph(copied);
    END IF;
    PERFORM embed.equip_leaf(copy_days.parent, copied);
    RETURN copied;
END $$;
