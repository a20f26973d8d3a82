-- Answers to questions are forgotten after a time that the search service is told. It does so over all tenants, a batch at a
-- time: none is held up for long, and several workers may do it at once.

CREATE INDEX answers_age ON search.answers (created_at);

CREATE FUNCTION search.forget_answers(older interval, batch integer)
    RETURNS integer
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH old AS (
        SELECT a.id FROM search.answers a WHERE a.created_at < now() - older
         ORDER BY a.created_at LIMIT batch FOR UPDATE SKIP LOCKED),
    forgotten AS (
        DELETE FROM search.answers a USING old WHERE a.id = old.id RETURNING 1)
    SELECT count(*)::integer FROM forgotten
$$;
REVOKE EXECUTE ON FUNCTION search.forget_answers FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search.forget_answers TO sightline_search;
