-- Administrators read the audit log by action as well.
CREATE INDEX audit_log_action ON audit_log (action, id DESC);
