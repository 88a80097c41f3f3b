-- What a schema may ask of its rows, one feature a table.
CREATE SCHEMA "Odd";
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE address AS (street varchar(40), zip char(5), mood mood);
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN percentage AS positive NOT NULL DEFAULT 1 CONSTRAINT at_most_100 CHECK (VALUE <= 100);
CREATE TYPE span AS RANGE (subtype = numeric);

-- keys: plain, of several columns, NULLS NOT DISTINCT, partial, on an expression, deferrable
CREATE TABLE customers (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    email varchar(60) NOT NULL,
    code text UNIQUE NULLS NOT DISTINCT,
    region smallint NOT NULL,
    number int NOT NULL,
    mood mood DEFAULT 'ok',
    deleted_at timestamptz(3),
    share percentage,
    home address,
    tags varchar(20)[],
    price numeric(8, 2),
    name_length int GENERATED ALWAYS AS (length(email)) STORED,
    UNIQUE (region, number)
);
COMMENT ON TABLE customers IS 'who buys';
COMMENT ON COLUMN customers.region IS 'of the world';
CREATE UNIQUE INDEX customers_email ON customers (lower(email)) WHERE deleted_at IS NULL;
CREATE INDEX customers_number ON customers USING btree (number DESC) INCLUDE (price);

-- a look-up table that the file fills, and one of migrations
CREATE TABLE countries (code char(2) PRIMARY KEY, name text NOT NULL);
INSERT INTO countries VALUES ('de', 'Germany'), ('fr', 'France');
CREATE TABLE schema_migrations (version varchar PRIMARY KEY);
INSERT INTO schema_migrations VALUES ('20260101000000');

-- foreign keys: composite, overlapping, MATCH FULL, to a unique key, of another type, self, cyclic, key = parent's key
CREATE TABLE orders (
    id serial PRIMARY KEY,
    customer_id int NOT NULL REFERENCES customers ON DELETE CASCADE,
    region smallint,
    number int,
    country varchar(2) REFERENCES countries,
    follows int REFERENCES orders DEFERRABLE,
    state text NOT NULL CONSTRAINT known_state CHECK (state IN ('new', 'paid', 'sent')),
    ordered_at timestamptz NOT NULL,
    paid_at timestamptz CHECK (paid_at >= ordered_at),
    FOREIGN KEY (region, number) REFERENCES customers (region, number) MATCH FULL
);
ALTER TABLE orders ADD CONSTRAINT later CHECK (customer_id > 0) NOT VALID;
CREATE TABLE invoices (order_id int PRIMARY KEY REFERENCES orders, total numeric(10, 2) NOT NULL CHECK (total >= 0));
CREATE TABLE tenants (id int PRIMARY KEY, owner_id int NOT NULL);
CREATE TABLE users (id int, tenant_id int NOT NULL REFERENCES tenants, boss_id int, PRIMARY KEY (tenant_id, id),
    UNIQUE (id), FOREIGN KEY (tenant_id, boss_id) REFERENCES users (tenant_id, id));
ALTER TABLE tenants ADD FOREIGN KEY (owner_id) REFERENCES users (id);
CREATE TABLE teams (tenant_id int NOT NULL REFERENCES tenants, id int NOT NULL, lead_id int,
    UNIQUE (id) DEFERRABLE, PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, lead_id) REFERENCES users (tenant_id, id));
CREATE TABLE memberships (tenant_id int, user_id int, team_id int, PRIMARY KEY (tenant_id, user_id, team_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id),
    FOREIGN KEY (tenant_id, team_id) REFERENCES teams (tenant_id, id));

-- exclusion, partitions (nested, of two kinds), inheritance, typed
CREATE TABLE bookings (room int NOT NULL, during int4range NOT NULL, EXCLUDE USING gist (during WITH &&));
CREATE TABLE "Odd"."Log" (at timestamptz NOT NULL, kind text NOT NULL, "Body" jsonb) PARTITION BY RANGE (at);
CREATE TABLE "Odd"."Log 2026" PARTITION OF "Odd"."Log" FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')
    PARTITION BY LIST (lower(kind));
CREATE TABLE "Odd"."Log 2026 a" PARTITION OF "Odd"."Log 2026" FOR VALUES IN ('a', 'b');
CREATE TABLE events (id bigint NOT NULL, day date NOT NULL, PRIMARY KEY (id, day)) PARTITION BY HASH (id, day);
CREATE TABLE events_0 PARTITION OF events FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE events_1 PARTITION OF events FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE cities (name text NOT NULL, span span);
CREATE TABLE capitals (state char(2) UNIQUE) INHERITS (cities);
CREATE TYPE point_of_sale AS (id int, label text);
CREATE TABLE shops OF point_of_sale (PRIMARY KEY (id));

-- what fires, and what does not
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TABLE watched (id int PRIMARY KEY);
CREATE TRIGGER on_insert BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER on_update BEFORE UPDATE ON watched FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TABLE guarded (id int PRIMARY KEY);
CREATE TRIGGER always BEFORE INSERT ON guarded FOR EACH ROW EXECUTE FUNCTION refuse();
ALTER TABLE guarded ENABLE ALWAYS TRIGGER always;
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE RULE elsewhere AS ON INSERT TO shops DO INSTEAD NOTHING;

-- what a CHECK may call
CREATE FUNCTION is_code(value text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT value IN ('a', 'b; c') $$;
CREATE FUNCTION is_even(int) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN $1 % 2 = 0;
CREATE FUNCTION has_rows(text) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT count(*) > 0 FROM pg_class WHERE relname = $1';
CREATE TABLE parts (code text NOT NULL CHECK (is_code(code)), pair int NOT NULL CHECK (is_even(pair)));
