-- Answers to questions, kept so that they can be shown again and turned into reports.

CREATE TABLE search.answers (
    id          uuid PRIMARY KEY,
    tenant_id   uuid NOT NULL,
    question    text NOT NULL,
    camera_ids  uuid[] NOT NULL,                -- that were examined: only who may see all of them may see the answer
    answer      jsonb NOT NULL,                 -- contracts.question.QuestionAnswer
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX answers_newest ON search.answers (tenant_id, created_at DESC, id);
CALL public.force_tenant('search.answers');
GRANT SELECT, INSERT, DELETE ON search.answers TO sightline_search;

GRANT SELECT ON search.answers TO sightline_reader;
GRANT CREATE ON SCHEMA search TO sightline_reader;
SET LOCAL ROLE sightline_reader;
CREATE VIEW search.answers_read AS
    SELECT id, tenant_id, question, camera_ids, answer, created_at FROM search.answers;
GRANT SELECT ON search.answers_read
    TO sightline_gateway, sightline_ingest, sightline_embed, sightline_search, sightline_report;
RESET ROLE;
REVOKE CREATE ON SCHEMA search FROM sightline_reader;
