-- Repositories out of kept answers, to ask about.
CALL make_ask_view('repositories', $$
    SELECT DISTINCT ON (r ->> 'full_name') r ->> 'full_name' AS id, r ->> 'name' AS name, r -> 'owner' ->> 'login' AS owner,
           (r ->> 'private')::boolean AS is_private, (r ->> 'archived')::boolean AS is_archived, r ->> 'language' AS language,
           (r ->> 'stargazers_count')::integer AS stars, (r ->> 'open_issues_count')::integer AS open_issues,
           (r ->> 'pushed_at')::timestamptz AS pushed_at
    FROM provider_cache c, jsonb_array_elements(c.body) r
    WHERE c.operation = 'github.repositories' AND jsonb_typeof(c.body) = 'array' AND jsonb_typeof(r) = 'object'
    ORDER BY r ->> 'full_name', c.fetched_at DESC
$$, '{
    "": "Code repositories. Also: repo, repository, project.",
    "language": "Programming language.",
    "stars": "Also: stargazers.",
    "open_issues": "How many issues are open. Also: issues.",
    "pushed_at": "When code was pushed last. Also: pushed, updated, changed."
}');
