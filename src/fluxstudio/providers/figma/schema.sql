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

CALL make_ask_view('files', $$
    SELECT DISTINCT ON (f ->> 'key') f ->> 'key' AS id, f ->> 'name' AS name, p ->> 'name' AS project_name,
           (f ->> 'last_modified')::timestamptz AS last_modified_at
    FROM provider_cache c, jsonb_array_elements(c.body -> 'projects') p, jsonb_array_elements(p -> 'files') f
    WHERE c.operation = 'figma.files' AND jsonb_typeof(c.body -> 'projects') = 'array'
    ORDER BY f ->> 'key', c.fetched_at DESC
$$, '{
    "": "Design files. Also: file, design.",
    "project_name": "Also: project.",
    "last_modified_at": "When it was changed last. Also: modified, changed, edited, updated."
}');

CALL make_ask_view('comments', $$
    SELECT e.id, e.payload ->> 'file_key' AS file_id, e.payload ->> 'file_name' AS file_name,
           e.payload -> 'triggered_by' ->> 'handle' AS author, e.payload -> 'comment' -> 0 ->> 'text' AS text,
           e.received_at AS created_at
    FROM {ask}.visible_events() e
    WHERE e.provider = 'figma' AND e.event_type = 'FILE_COMMENT'
$$, '{
    "": "Comments on design files. Also: comment.",
    "author": "Also: person, commenter.",
    "created_at": "When it was written. Also: written, posted."
}');
