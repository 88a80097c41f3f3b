SELECT create_distributed_table('app.people', 'person_id', shard_count => 8);
SELECT create_distributed_table('app.events', 'person_id', colocate_with => '"app".people');
SELECT create_reference_table('app."Odd ""table"".x; --"');
