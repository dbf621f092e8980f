-- Kept answers of Figma: lists of files by team (`team_id` is null where nothing was followed) and whole files.
CREATE OR REPLACE VIEW figma_files_cache WITH (security_invoker = true) AS
SELECT
    grant_id,
    CASE operation WHEN 'figma.files' THEN body ->> 'teamId' END AS team_id,
    CASE operation WHEN 'figma.file' THEN body ->> 'key' END AS file_key,
    body AS data,
    fetched_at AS cached_at,
    fresh_until AS expires_at
FROM provider_cache
WHERE operation IN ('figma.files', 'figma.file');

GRANT SELECT ON figma_files_cache TO fluxstudio_user;
