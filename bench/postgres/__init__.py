"""PostgreSQL as pgproof uses it: servers, connections, databases of its own, and questions to the catalog."""
