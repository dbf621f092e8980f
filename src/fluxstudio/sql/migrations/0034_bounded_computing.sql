-- A short copy of a large payload, which the event loop works with; NULL where the payload is not large, and for what an
-- earlier release kept.
ALTER TABLE integration_webhooks ADD COLUMN abridged jsonb;

-- {code, message, fix} of a rule that we have switched off ourselves; NULL once its owner has switched it on again.
ALTER TABLE automations ADD COLUMN paused jsonb;
GRANT UPDATE (paused) ON automations TO fluxstudio_user;
