-- What bears a name of ours and is not ours, or runs another's code when it is used: what about it, what to do, the name.
-- No row where there is none. Nothing of it is read, nor run.
WITH trusted (role) AS (
{trusted}
)
SELECT CASE WHEN bool_and(place = 2) THEN
        format('the name %s is taken by something that is not %s', shown, CASE relname
            WHEN 'alembic_version' THEN 'Alembic''s' ELSE 'this project''s' END)
        ELSE format('%s is not this project''s: it %s', shown, string_agg(why, ', ' ORDER BY place, why))
    END AS what,
    (array_agg(todo ORDER BY place, todo))[1] AS todo, shown
FROM (SELECT c.oid, c.relname, relkind, relowner, NULL::aclitem[] AS acl,
          concat(nullif(nspname, 'public') || '.', relname) AS shown
      FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
      WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND (nspname = 'public'
          AND relname IN ('alembic_version', 'migration_history') OR nspname = 'retired' AND relname = 'register')
      UNION ALL
      SELECT oid, nspname, 'n', nspowner, nspacl, 'schema ' || nspname FROM pg_namespace
      WHERE nspname = 'retired') AS book,
LATERAL (
    SELECT 1, 'belongs to ' || relowner::regrole,
        format('As %s, look at it, then give it another name: ALTER %s %s RENAME TO ...', relowner::regrole,
            CASE relkind WHEN 'n' THEN 'SCHEMA' ELSE 'TABLE' END, replace(shown, 'schema ', ''))
    WHERE relowner NOT IN (SELECT role FROM trusted)
    UNION ALL
    SELECT 2, 'is no table', format('Rename it, then run again: ALTER TABLE %s RENAME TO ...', shown)
    WHERE relkind NOT IN ('r', 'n')
    UNION ALL
    SELECT 3, 'has the trigger ' || quote_ident(tgname),
        format('Drop it, then run again: DROP TRIGGER %I ON %s', tgname, shown)
    FROM pg_trigger JOIN pg_proc p ON p.oid = tgfoid
    WHERE tgrelid = book.oid AND NOT tgisinternal AND NOT (relname = 'migration_history'
        AND tgname = 'migration_history_only_grows' AND proowner IN (SELECT role FROM trusted)
        AND prosrc = 'BEGIN RAISE EXCEPTION ''migration_history is only ever added to''; END')
    UNION ALL
    SELECT 4, 'has the rule ' || quote_ident(rulename),
        format('Drop it, then run again: DROP RULE %I ON %s', rulename, shown)
    FROM pg_rewrite WHERE ev_class = book.oid AND ev_type <> '1'
    UNION ALL
    -- Without a policy it hides all rows, which a run ends where it may.
    SELECT 5, 'has row security', format('Switch it off, then run again: ALTER TABLE %s DISABLE ROW LEVEL SECURITY'
        || '; DROP POLICY %I ON %1$s', shown, polname)
    FROM (SELECT min(polname) AS polname FROM pg_policy WHERE polrelid = book.oid) AS p
    WHERE polname IS NOT NULL
    UNION ALL
    SELECT 6, 'shares its rows with ' || other::regclass, format('Take them apart, then run again: ALTER TABLE %s '
        'NO INHERIT %s', inhrelid::regclass, inhparent::regclass)
    FROM pg_inherits, LATERAL (SELECT CASE book.oid WHEN inhrelid THEN inhparent ELSE inhrelid END) AS o (other)
    WHERE book.oid IN (inhrelid, inhparent)
    UNION ALL
    SELECT 7, 'lets ' || who || ' create in it',
        'Take that back, then run again: REVOKE CREATE ON SCHEMA retired FROM ' || who FROM aclexplode(acl),
        LATERAL (SELECT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END) AS g (who)
    WHERE privilege_type = 'CREATE' AND grantee NOT IN (SELECT role FROM trusted)
) AS reason (place, why, todo)
GROUP BY shown, relname ORDER BY 1
