-- What a client wants back byte for byte, such as ModelsLab's track_id: JSON, NULL
-- without it.
ALTER TABLE tasks ADD COLUMN echo BLOB;
