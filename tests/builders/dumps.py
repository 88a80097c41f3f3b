"""A schema as pg_dump and people write it, with all that is no schema in it."""

from __future__ import annotations

DUMP = r"""--
-- PostgreSQL database dump
--

\restrict abc

SET statement_timeout = 0;
SET transaction_timeout = 0;
SET a_setting_of_tomorrow = 1;
SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);
SET default_table_access_method = heap;

CREATE SCHEMA public;
ALTER SCHEMA public OWNER TO pg_database_owner;
COMMENT ON SCHEMA public IS 'what is ours';
CREATE SCHEMA shop;
ALTER SCHEMA shop OWNER TO shop_owner;
CREATE EXTENSION IF NOT EXISTS plpgsql WITH SCHEMA pg_catalog;
COMMENT ON EXTENSION plpgsql IS 'PL/pgSQL procedural language';
CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;
COMMENT ON EXTENSION citext IS 'case-insensitive';
CREATE TYPE shop.state AS ENUM ('open', 'it''s done');
ALTER TYPE shop.state OWNER TO "Shop Owner";

CREATE TABLE shop.orders (
    id bigint NOT NULL,
    state shop.state DEFAULT 'open'::shop.state NOT NULL,
    email public.citext,
    placed timestamp with time zone DEFAULT now()
);
ALTER TABLE shop.orders OWNER TO shop_owner;
ALTER TABLE ONLY shop.orders FORCE ROW LEVEL SECURITY;
CREATE SEQUENCE shop.orders_id_seq START WITH 1;
ALTER SEQUENCE shop.orders_id_seq OWNER TO shop_owner;
ALTER SEQUENCE shop.orders_id_seq OWNED BY shop.orders.id;
ALTER TABLE ONLY shop.orders ALTER COLUMN id SET DEFAULT nextval('shop.orders_id_seq'::regclass);
CREATE TABLE public.mine (a int);
ALTER TABLE public.mine OWNER TO postgres;
ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY;

COPY shop.orders (id, state, email, placed) FROM stdin;
1	open	A@b.example	2024-01-01 00:00:00+00
2	it's done	\N	2024-01-02 00:00:00+00
\.

INSERT INTO public.mine VALUES (1), (2), (3);
SELECT pg_catalog.setval('shop.orders_id_seq', 2, true);
ALTER TABLE ONLY shop.orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
CREATE POLICY own ON shop.orders FOR SELECT TO reader, PUBLIC USING ((email = CURRENT_USER));
CREATE FUNCTION shop.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS $$ SELECT 1 $$;
ALTER FUNCTION shop.f() OWNER TO shop_owner;
CREATE VIEW shop.v AS SELECT id FROM shop.orders;
ALTER VIEW shop.v OWNER TO postgres;
CREATE PUBLICATION all_of_it FOR ALL TABLES;
CREATE PUBLICATION one_of_it FOR TABLE public.mine;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA shop TO reader;
GRANT SELECT, INSERT ON TABLE shop.orders TO reader WITH GRANT OPTION;
GRANT ALL ON TABLE public.mine TO postgres;
REVOKE ALL ON FUNCTION shop.f() FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA shop GRANT SELECT ON TABLES TO reader;
ALTER DEFAULT PRIVILEGES FOR ROLE postgres REVOKE ALL ON FUNCTIONS FROM PUBLIC;
\unrestrict abc
"""
"""It names three roles that no server has."""
