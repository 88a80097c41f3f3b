"""A schema in whatever form it is kept: a script, a folder of migrations, an archive of pg_dump, a running database."""
