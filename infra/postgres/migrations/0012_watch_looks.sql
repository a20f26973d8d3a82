-- What watched searches look for: made once for each version of a watch and the spaces that serve, so that no worker has to
-- read and encode their sentences and pictures again when it starts.

CREATE TABLE search.watch_looks (
    watch_id   uuid NOT NULL,
    version    integer NOT NULL,                -- of the watch
    spaces     text NOT NULL,                   -- names of the spaces that its vectors lie in
    tenant_id  uuid NOT NULL,
    prepared   bytea NOT NULL,                  -- services.search.model.watches.Prepared, as MessagePack
    made_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (watch_id, version, spaces)
);
CREATE INDEX watch_looks_tenant ON search.watch_looks (tenant_id);
CALL public.force_tenant('search.watch_looks');
GRANT SELECT, INSERT, UPDATE, DELETE ON search.watch_looks TO sightline_search;

-- The tenants with watched searches whose looks are not made for the spaces that serve. The key names just those watches:
-- who asks for them twice asks for one job.
CREATE FUNCTION search.unprepared_watches()
    RETURNS TABLE (tenant_id uuid, watches integer, key text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT w.tenant_id, count(*)::integer, md5(s.names || string_agg(format('%s/%s', w.id, w.version), ' ' ORDER BY w.id))
      FROM (SELECT string_agg(s.name, '/' ORDER BY s.kind) AS names FROM embed.spaces s WHERE s.state = 'serving') s
      JOIN gateway.watches w ON w.search IS NOT NULL
     WHERE NOT EXISTS (SELECT FROM search.watch_looks l
                        WHERE l.watch_id = w.id AND l.version = w.version AND l.spaces = s.names)
       AND s.names IS NOT NULL
     GROUP BY w.tenant_id, s.names
$$;
REVOKE EXECUTE ON FUNCTION search.unprepared_watches FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search.unprepared_watches TO sightline_search;
