-- A wholesaler in the manner of TPC-H: keys, and the few indexes that somebody made on the first day.
CREATE EXTENSION pg_trgm;

CREATE TABLE region (region_id smallint PRIMARY KEY, name text NOT NULL UNIQUE);

CREATE TABLE nation (
    nation_id smallint PRIMARY KEY,
    region_id smallint NOT NULL REFERENCES region,
    name text NOT NULL
);

CREATE TABLE supplier (
    supplier_id integer PRIMARY KEY,
    nation_id smallint NOT NULL REFERENCES nation,
    name text NOT NULL,
    account_balance numeric(12, 2) NOT NULL
);

CREATE TABLE customer (
    customer_id integer PRIMARY KEY,
    nation_id smallint NOT NULL REFERENCES nation,
    name text NOT NULL,
    email text NOT NULL,
    segment text NOT NULL CHECK (segment IN ('automobile', 'building', 'furniture', 'household', 'machinery')),
    account_balance numeric(12, 2) NOT NULL,
    comment text NOT NULL
);

CREATE TABLE part (
    part_id integer PRIMARY KEY,
    name text NOT NULL,
    maker text NOT NULL,
    brand text NOT NULL,
    packaging text NOT NULL,
    size smallint NOT NULL,
    retail_price numeric(12, 2) NOT NULL,
    comment text NOT NULL
);

CREATE TABLE part_supplier (
    part_id integer NOT NULL REFERENCES part,
    supplier_id integer NOT NULL REFERENCES supplier,
    available_quantity integer NOT NULL,
    supply_cost numeric(12, 2) NOT NULL,
    PRIMARY KEY (part_id, supplier_id)
);

CREATE TABLE orders (
    order_id bigint PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customer,
    status char(1) NOT NULL CHECK (status IN ('O', 'F', 'P')),
    total_price numeric(12, 2) NOT NULL,
    order_date date NOT NULL,
    clerk text NOT NULL,
    comment text NOT NULL
);

CREATE TABLE line_item (
    order_id bigint NOT NULL REFERENCES orders,
    line_number smallint NOT NULL,
    part_id integer NOT NULL REFERENCES part,
    supplier_id integer NOT NULL REFERENCES supplier,
    quantity smallint NOT NULL,
    extended_price numeric(12, 2) NOT NULL,
    discount numeric(4, 2) NOT NULL,
    tax numeric(4, 2) NOT NULL,
    return_flag char(1) NOT NULL CHECK (return_flag IN ('A', 'N', 'R')),
    ship_date date NOT NULL,
    ship_mode text NOT NULL CHECK (ship_mode IN ('air', 'mail', 'rail', 'ship', 'truck')),
    comment text NOT NULL,
    PRIMARY KEY (order_id, line_number)
);
-- One too many: the primary key begins with it.
CREATE INDEX line_item_order_idx ON line_item (order_id);

CREATE TABLE shipment_claim (
    claim_id bigint PRIMARY KEY,
    order_id bigint NOT NULL,
    line_number smallint NOT NULL,
    reason text NOT NULL,
    claimed_at timestamptz NOT NULL,
    FOREIGN KEY (order_id, line_number) REFERENCES line_item ON DELETE CASCADE
);
