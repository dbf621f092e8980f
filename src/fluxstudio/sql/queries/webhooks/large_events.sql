-- name: written
-- A payload as the bytes of its JSON.
SELECT convert_to(payload::text, 'UTF8') FROM integration_webhooks WHERE id = $1;

-- name: abridge
UPDATE integration_webhooks SET abridged = $2 WHERE id = $1 AND abridged IS NULL;
