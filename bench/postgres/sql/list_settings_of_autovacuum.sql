-- When autovacuum comes by, and how fast it works. A cost of -1 is that of VACUUM itself.
SELECT name, setting
FROM pg_settings
WHERE name LIKE 'autovacuum%' OR name LIKE 'vacuum\_cost\_%'
ORDER BY name;
