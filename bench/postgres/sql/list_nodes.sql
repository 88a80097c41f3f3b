-- The nodes of a Citus cluster that take part, the coordinator first (group 0), as the coordinator's catalog names them.
-- local: the group of the server that is asked.
SELECT n.nodename                                                AS host,
       n.nodeport                                                AS port,
       n.groupid = 0                                             AS is_coordinator,
       n.shouldhaveshards                                        AS has_shards,
       (SELECT g.groupid FROM pg_dist_local_group AS g)          AS local
FROM pg_dist_node AS n
WHERE n.isactive AND n.noderole = 'primary'
ORDER BY n.groupid, n.nodename, n.nodeport
