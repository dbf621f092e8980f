-- Events of one kind in one account, however many others there are: lists by type, and what a rule is tried with.
CREATE INDEX integration_webhooks_kind ON integration_webhooks (event_type, account_id, id DESC);
