-- Kept answers, through the search service's view. Who may not see every camera that an answer rests on does not see the
-- answer. `cameras` is the caller's restriction: NULL, or the ids that the key may see.

-- name: answer
SELECT answer
  FROM search.answers_read
 WHERE tenant_id = %(tenant_id)s AND id = %(id)s
   AND (%(cameras)s::uuid[] IS NULL OR camera_ids <@ %(cameras)s::uuid[])
