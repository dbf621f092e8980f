-- Variables that come to a sync from elsewhere than the provider's API: exported files, a folder of them, or the plugin.

ALTER TABLE design_token_syncs
    ADD COLUMN source_kind text NOT NULL DEFAULT 'api' CHECK (source_kind IN ('api', 'upload', 'folder')),
    ADD COLUMN source_folder text CHECK (length(source_folder) BETWEEN 1 AND 1000),
    ADD CONSTRAINT design_token_syncs_folder CHECK (source_kind <> 'folder' OR source_folder IS NOT NULL);
GRANT INSERT (source_kind, source_folder), UPDATE (source_kind, source_folder) ON design_token_syncs TO fluxstudio_user;

-- What was read last, as JSON in text, which may hold any character.
CREATE TABLE design_token_libraries (
    sync_id     uuid PRIMARY KEY REFERENCES design_token_syncs ON DELETE CASCADE,
    library     text NOT NULL CHECK (length(library) <= 33554432),
    origin      text NOT NULL CHECK (origin IN ('files', 'folder', 'plugin')),
    received_at timestamptz NOT NULL DEFAULT now()
);

-- What lets the plugin post once.
CREATE TABLE design_token_codes (
    sync_id    uuid PRIMARY KEY REFERENCES design_token_syncs ON DELETE CASCADE,
    code_hash  bytea NOT NULL UNIQUE CHECK (length(code_hash) = 32),
    expires_at timestamptz NOT NULL
);

ALTER TABLE design_token_libraries ENABLE ROW LEVEL SECURITY;
ALTER TABLE design_token_codes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON design_token_libraries TO fluxstudio_user USING (
    sync_id IN (SELECT id FROM design_token_syncs WHERE user_id = fluxstudio_user_id())
);
CREATE POLICY own ON design_token_codes TO fluxstudio_user USING (
    sync_id IN (SELECT id FROM design_token_syncs WHERE user_id = fluxstudio_user_id())
);
GRANT SELECT, INSERT, UPDATE (library, origin, received_at) ON design_token_libraries TO fluxstudio_user;
-- Codes are given out and used up by the product alone.
GRANT SELECT (sync_id, expires_at) ON design_token_codes TO fluxstudio_user;
