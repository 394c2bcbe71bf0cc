-- Answers are embedded with their question's title, and long texts in part: everything is embedded anew.
INSERT INTO search_pending (post, queued_at)
    SELECT DISTINCT post, 0 FROM search_embedding WHERE post NOT IN (SELECT post FROM search_pending);
DELETE FROM search_embedding;
