-- Pictures of imported texts: each file is one picture, whoever shows it, so that the same import is the same again.
ALTER TABLE media_picture ADD COLUMN imported BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX media_picture_content ON media_picture (digest) WHERE imported;
