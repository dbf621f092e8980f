-- What led to a row: the request and the W3C trace that it belongs to, so that whoever works on it later goes on from there.

ALTER TABLE jobs ADD COLUMN origin text;
ALTER TABLE integration_webhooks ADD COLUMN origin text;
ALTER TABLE automation_runs ADD COLUMN origin text;
ALTER TABLE endpoint_deliveries ADD COLUMN origin text;
ALTER TABLE audit_log ADD COLUMN request_id text, ADD COLUMN trace_id text;
