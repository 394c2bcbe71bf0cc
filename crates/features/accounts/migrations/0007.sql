-- The page that an imported author is known by, as it is compared with the pages of accounts at other sites: without scheme
-- and slashes at the end, in small letters.
ALTER TABLE accounts_author ADD COLUMN page TEXT;
UPDATE accounts_author SET page = lower(rtrim(replace(replace(url, 'https://', ''), 'http://', ''), '/')) WHERE url IS NOT NULL;
CREATE INDEX accounts_author_page ON accounts_author (page);
