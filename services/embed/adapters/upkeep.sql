-- Statements of the upkeep of days, outside of transactions: VACUUM wants that.

-- name: take_turn
-- One process at a time, for as long as its connection lives.
SELECT pg_try_advisory_lock(hashtextextended('embed.upkeep', 0)) AS taken

-- name: fresh_waits
SELECT embed.fresh_waits() AS waits

-- name: days_before
SELECT day FROM embed.days_before(%(day)s) AS day

-- name: drop_day
SELECT embed.drop_day(%(day)s) AS vectors

-- name: next_to_calibrate
SELECT embed.next_to_calibrate(%(fewest)s) AS space_id

-- name: calibrate_codes
SELECT embed.calibrate_codes(%(space_id)s, %(fewest)s) AS sampled

-- name: next_to_code
SELECT parent, day FROM embed.next_to_code()

-- name: fill_codes
SELECT embed.fill_codes(%(parent)s, %(day)s) AS made

-- name: next_to_seal
SELECT parent, day, rows FROM embed.next_to_seal(%(day)s)

-- name: index_day
SELECT embed.index_day(%(parent)s, %(day)s, %(fewest)s) AS indexed

-- name: mark_sealed
SELECT embed.mark_sealed(%(parent)s, %(day)s, %(seconds)s::real)

-- name: leaf_of
SELECT embed.leaf_of(%(parent)s, %(day)s) AS leaf

-- name: next_to_merge
SELECT parent, first_day, until_day FROM embed.next_to_merge(%(day)s, %(most)s)

-- name: copy_days
SELECT embed.copy_days(%(parent)s, %(first_day)s, %(until_day)s, %(fewest)s) AS copied

-- name: merge_days
SELECT embed.merge_days(%(parent)s, %(first_day)s, %(until_day)s, %(seconds)s::real) AS merged

-- name: settle
-- Frozen and seen by all, so that looks at the codes need not visit the rows. Of one partition, whose name is put in.
VACUUM (FREEZE, ANALYZE) {}
