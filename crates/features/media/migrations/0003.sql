-- What an import finds by its content, whoever's it is.
CREATE INDEX media_picture_content ON media_picture (digest);
