-- name: stored
SELECT library, origin, received_at FROM design_token_libraries WHERE sync_id = $1;

-- name: keep
INSERT INTO design_token_libraries (sync_id, library, origin) VALUES ($1, $2, $3)
ON CONFLICT (sync_id) DO UPDATE SET library = excluded.library, origin = excluded.origin, received_at = now();

-- name: read_uploads
UPDATE design_token_syncs SET source_kind = 'upload', updated_at = now() WHERE id = $1;

-- name: issue
-- A sync has one code at a time.
INSERT INTO design_token_codes (sync_id, code_hash, expires_at)
SELECT id, $3, now() + $4::interval FROM design_token_syncs WHERE id = $1 AND user_id = $2
ON CONFLICT (sync_id) DO UPDATE SET code_hash = excluded.code_hash, expires_at = excluded.expires_at
RETURNING expires_at;

-- name: holder
SELECT s.id AS sync_id, s.user_id
FROM design_token_codes c
JOIN design_token_syncs s ON s.id = c.sync_id
JOIN users u ON u.id = s.user_id AND u.disabled_at IS NULL
WHERE c.code_hash = $1 AND c.expires_at > now();

-- name: redeem
-- The code goes as its library is stored, so that of two who use it one gets nothing.
WITH used AS (
    DELETE FROM design_token_codes WHERE code_hash = $1 AND expires_at > now() RETURNING sync_id
), switched AS (
    UPDATE design_token_syncs s SET source_kind = 'upload', updated_at = now() FROM used WHERE s.id = used.sync_id
)
INSERT INTO design_token_libraries (sync_id, library, origin)
SELECT sync_id, $2, $3 FROM used
ON CONFLICT (sync_id) DO UPDATE SET library = excluded.library, origin = excluded.origin, received_at = now()
RETURNING sync_id;

-- name: sweep
DELETE FROM design_token_codes WHERE expires_at < now();
