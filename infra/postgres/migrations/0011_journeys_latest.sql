-- Journeys are listed the latest first; their ids say nothing of time.
CREATE INDEX journeys_latest ON search.journeys (tenant_id, asked_at DESC, id DESC);
DROP INDEX search.journeys_listing;
