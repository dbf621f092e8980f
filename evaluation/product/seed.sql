-- People, accounts and what happened, for questions about the product's own data.
INSERT INTO users (id, subject, email, name, role, created_at)
SELECT md5('user' || i)::uuid, 'user' || i, 'user' || i || '@example.com', (ARRAY['Ada Park', 'Ben Stone', 'Carla Rossi', 'Dmitri Orlov', 'Eve Moreau', 'Farid Khan'])[1 + i % 6] || CASE WHEN i > 6 THEN ' ' || i ELSE '' END, CASE WHEN i % 5 = 0 THEN 'admin' ELSE 'member' END, now() - i * interval '17 days'
FROM generate_series(1, 14) i;
INSERT INTO oauth_tokens (id, provider, client_id, account_id, account, data_key, access_token, status, is_active)
SELECT md5('grant' || i)::uuid, (ARRAY['figma', 'slack', 'github'])[1 + i % 3], 'app', 'account' || i, jsonb_build_object('name', (ARRAY['Pine Labs', 'Harbour', 'Northwind'])[1 + i % 3] || ' ' || i),
       CASE WHEN i % 7 = 0 THEN NULL ELSE 'k'::bytea END, CASE WHEN i % 7 = 0 THEN NULL ELSE 'a'::bytea END, CASE WHEN i % 7 = 0 THEN 'released' WHEN i % 4 = 0 THEN 'reauthorize' ELSE 'active' END, i % 7 <> 0
FROM generate_series(1, 20) i;
INSERT INTO connections (id, user_id, grant_id, provider, is_active, connected_at, disconnected_at, last_used_at)
SELECT md5('connection' || i)::uuid, md5('user' || (1 + (i * i) % 11 % 8))::uuid, md5('grant' || i)::uuid, (ARRAY['figma', 'slack', 'github'])[1 + i % 3], i % 7 <> 0, now() - i * interval '9 days',
       CASE WHEN i % 7 = 0 THEN now() - interval '1 day' END, CASE WHEN i % 4 = 1 THEN NULL ELSE now() - i * interval '13 hours' END
FROM generate_series(1, 20) i;
INSERT INTO connect_attempts (id, user_id, provider, started_at, finished_at, outcome, code, cause)
SELECT md5('attempt' || i)::uuid, md5('user' || (1 + i % 12))::uuid, (ARRAY['figma', 'slack', 'github'])[1 + (i * i) % 3], now() - i * interval '2 days', CASE WHEN i % 8 = 0 THEN NULL ELSE now() - i * interval '2 days' + interval '40 seconds' END,
       (ARRAY['connected', 'connected', 'declined', 'failed', 'abandoned'])[1 + (i * 3) % 5], CASE WHEN (i * 3) % 5 = 3 THEN 'STATE_INVALID' END, CASE WHEN (i * 3) % 5 = 3 THEN 'The link was too old.' END
FROM generate_series(1, 60) i;
INSERT INTO integration_webhooks (id, provider, delivery_key, event_type, account_id, payload, status, attempts, received_at, handled_at, size)
SELECT overlay(first_event_id(now())::text placing substr(md5('event' || i), 1, 12) from 25)::uuid, (ARRAY['figma', 'slack', 'github'])[1 + i % 3], 'd' || i, (ARRAY['FILE_COMMENT', 'message', 'push'])[1 + i % 3], 'account' || (1 + i % 20),
       CASE i % 3 WHEN 0 THEN jsonb_build_object('file_key', 'f' || (1 + (i / 3) * (i / 3) % 4), 'file_name', (ARRAY['Checkout', 'Landing page', 'Icons'])[1 + (i / 3) % 3], 'comment', jsonb_build_array(jsonb_build_object('text', 'Looks good ' || i)), 'triggered_by', jsonb_build_object('handle', (ARRAY['Mei', 'Ada', 'Tom'])[1 + (i / 3) % 3]))
                  WHEN 1 THEN jsonb_build_object('event', jsonb_build_object('channel', 'C' || (1 + i % 4), 'user', 'U' || (1 + i % 5), 'text', 'Hello ' || i))
                  ELSE '{}' END,
       (ARRAY['handled', 'handled', 'handled', 'failed', 'dead', 'received'])[1 + (i * 5) % 6], 1 + (i * 7) % 8, now() - i * interval '7 hours', CASE WHEN (i * 5) % 6 < 3 THEN now() - i * interval '7 hours' + interval '3 seconds' END, 200 + (i * 97) % 5000
FROM generate_series(1, 240) i;
INSERT INTO automations (id, user_id, name, enabled, event, created_at, paused)
SELECT md5('rule' || i)::uuid, md5('user' || (1 + i % 9))::uuid, (ARRAY['Announce comments', 'Open an issue', 'Weekly retro', 'Review requests'])[1 + i % 4] || ' ' || i, i % 3 <> 0, (ARRAY['figma.FILE_COMMENT', 'slack.message', 'github.push'])[1 + i % 3], now() - i * interval '11 days', CASE WHEN i % 6 = 0 THEN '{"why": "flooded"}'::jsonb END
FROM generate_series(1, 16) i;
INSERT INTO automation_versions (automation_id, version, definition) SELECT id, 1, '{}' FROM automations;
INSERT INTO automation_runs (id, automation_id, version, due_at, status, attempts, created_at, began_at, finished_at, problem)
SELECT md5('run' || i)::uuid, md5('rule' || (1 + (i * i) % 13))::uuid, 1, now() - i * interval '1 second', (ARRAY['done', 'done', 'failed', 'done', 'skipped', 'dead'])[1 + i % 6], 1 + i % 4, now() - i * interval '5 hours', now() - i * interval '5 hours' + interval '1 second',
       now() - i * interval '5 hours' + ((2 + i % 30) || ' seconds')::interval, CASE WHEN i % 6 IN (2, 5) THEN '{"message": "The channel is archived."}'::jsonb END
FROM generate_series(1, 200) i;
INSERT INTO provider_cache (grant_id, operation, key, body, fresh_until) VALUES
(md5('grant3')::uuid, 'figma.files', sha256('a'), '{"projects": [{"id": "1", "name": "Web", "files": [{"key": "f1", "name": "Checkout", "last_modified": "2026-11-20T10:00:00Z"}, {"key": "f2", "name": "Landing page", "last_modified": "2026-10-02T10:00:00Z"}]}, {"id": "2", "name": "Brand", "files": [{"key": "f3", "name": "Icons", "last_modified": "2026-01-05T10:00:00Z"}]}]}', now()),
(md5('grant1')::uuid, 'slack.channels', sha256('b'), '[{"id": "C1", "name": "general", "is_private": false, "is_archived": false, "is_member": true, "num_members": 40}, {"id": "C2", "name": "design", "is_private": false, "is_archived": false, "is_member": true, "num_members": 12}, {"id": "C3", "name": "old-launch", "is_private": false, "is_archived": true, "is_member": false, "num_members": 3}, {"id": "C4", "name": "random", "is_private": false, "is_archived": false, "is_member": false, "num_members": 25}]', now()),
(md5('grant2')::uuid, 'github.repositories', sha256('c'), '[{"full_name": "acme/web", "name": "web", "owner": {"login": "acme"}, "private": false, "archived": false, "language": "TypeScript", "stargazers_count": 120, "open_issues_count": 14, "pushed_at": "2026-11-25T08:00:00Z"}, {"full_name": "acme/api", "name": "api", "owner": {"login": "acme"}, "private": true, "archived": false, "language": "Python", "stargazers_count": 8, "open_issues_count": 31, "pushed_at": "2026-11-28T08:00:00Z"}, {"full_name": "ada/dotfiles", "name": "dotfiles", "owner": {"login": "ada"}, "private": false, "archived": true, "language": "Shell", "stargazers_count": 3, "open_issues_count": 0, "pushed_at": "2024-02-01T08:00:00Z"}, {"full_name": "acme/tokens", "name": "tokens", "owner": {"login": "acme"}, "private": false, "archived": false, "language": "Python", "stargazers_count": 45, "open_issues_count": 2, "pushed_at": "2026-09-28T08:00:00Z"}]', now());
