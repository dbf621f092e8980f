-- name: tables
-- What may be read in the given schemas, or in all but the system's.
SELECT c.oid::bigint AS oid, n.nspname AS schema, c.relname AS name, greatest(c.reltuples, 0)::bigint AS rows,
       coalesce(obj_description(c.oid, 'pg_class'), '') AS comment
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND n.nspname !~ '^(pg_|information_schema$)'
  AND ($1::text[] IS NULL OR n.nspname = ANY ($1))
  AND has_any_column_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE')
ORDER BY n.nspname, c.relname
LIMIT $2;

-- name: columns
SELECT a.attrelid::bigint AS oid, a.attname AS name, t.typcategory::text AS category, t.typname AS type, t.typtype::text AS family,
       NOT a.attnotnull AS nullable, coalesce(col_description(a.attrelid, a.attnum), '') AS comment,
       CASE WHEN t.typtype = 'e' THEN ARRAY(
           SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder
       ) END AS labels
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = ANY ($1::bigint[]::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
  AND has_column_privilege(a.attrelid, a.attnum, 'SELECT')
ORDER BY a.attrelid, a.attnum;

-- name: unique_keys
-- Primary keys and unique indexes that cover all rows.
SELECT i.indrelid::bigint AS oid, i.indisprimary AS primary, ARRAY(
           SELECT a.attname::text FROM unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, place)
           JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
           ORDER BY k.place
       ) AS columns
FROM pg_index i
WHERE i.indrelid = ANY ($1::bigint[]::oid[]) AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL;

-- name: foreign_keys
SELECT c.conrelid::bigint AS oid, c.confrelid::bigint AS target, ARRAY(
           SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY AS k (number, place)
           JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number ORDER BY k.place
       ) AS columns, ARRAY(
           SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY AS k (number, place)
           JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number ORDER BY k.place
       ) AS target_columns
FROM pg_constraint c
WHERE c.contype = 'f' AND c.conparentid = 0 AND c.conrelid = ANY ($1::bigint[]::oid[])
  AND c.confrelid = ANY ($1::bigint[]::oid[])
ORDER BY c.conrelid, c.conname;

-- name: remember
WITH added AS (
    INSERT INTO questions (user_id, question, source, answered, row_count) VALUES ($1, $2, $3, $4, $5)
)
DELETE FROM questions
WHERE user_id = $1 AND id <= (SELECT q.id FROM questions q WHERE q.user_id = $1 ORDER BY q.id DESC OFFSET $6 LIMIT 1);

-- name: history
SELECT question, source, asked_at, answered, row_count
FROM (SELECT DISTINCT ON (question, source) * FROM questions ORDER BY question, source, id DESC) latest
ORDER BY id DESC
LIMIT $1;
