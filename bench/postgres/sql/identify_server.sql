-- What tells this server from any other: the number that initdb drew.
SELECT p.system_identifier::text AS server
FROM pg_control_system() AS p
