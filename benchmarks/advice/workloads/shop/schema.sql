-- An online shop: keys, and the indexes that a framework makes for some of the references.
CREATE EXTENSION pg_trgm;

CREATE TABLE category (category_id smallint PRIMARY KEY, name text NOT NULL, slug text NOT NULL);

CREATE TABLE customer (
    customer_id integer PRIMARY KEY,
    email text NOT NULL,
    full_name text NOT NULL,
    country_code char(2) NOT NULL,
    created_at timestamptz NOT NULL,
    note text NOT NULL
);

CREATE TABLE address (
    address_id integer PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customer ON DELETE CASCADE,
    line text NOT NULL,
    city text NOT NULL,
    postcode text NOT NULL
);

CREATE TABLE product (
    product_id integer PRIMARY KEY,
    category_id smallint NOT NULL REFERENCES category,
    sku text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    price_cents integer NOT NULL,
    rating numeric(2, 1) NOT NULL,
    attributes jsonb NOT NULL,
    tags text[] NOT NULL,
    active boolean NOT NULL
);

CREATE TABLE orders (
    order_id bigint PRIMARY KEY,
    customer_id integer REFERENCES customer ON DELETE SET NULL,
    status text NOT NULL CHECK (status IN ('cart', 'paid', 'shipped', 'delivered', 'returned')),
    placed_at timestamptz NOT NULL,
    shipped_at timestamptz,
    total_cents integer NOT NULL,
    delivery_note text NOT NULL
);
CREATE INDEX orders_customer_id_idx ON orders (customer_id);
-- Made twice, by two migrations.
CREATE INDEX orders_by_customer ON orders (customer_id);

CREATE TABLE order_item (
    order_item_id bigint PRIMARY KEY,
    order_id bigint NOT NULL REFERENCES orders,
    product_id integer NOT NULL REFERENCES product,
    quantity smallint NOT NULL,
    unit_price_cents integer NOT NULL,
    gift_message text NOT NULL
);
CREATE INDEX order_item_order_id_idx ON order_item (order_id);

CREATE TABLE payment (
    payment_id bigint PRIMARY KEY,
    order_id bigint NOT NULL REFERENCES orders,
    reference text NOT NULL,
    amount_cents integer NOT NULL,
    state text NOT NULL CHECK (state IN ('authorized', 'captured', 'failed', 'refunded'))
);
CREATE INDEX payment_order_id_idx ON payment (order_id);

CREATE TABLE review (
    review_id integer PRIMARY KEY,
    product_id integer NOT NULL REFERENCES product,
    customer_id integer NOT NULL REFERENCES customer ON DELETE CASCADE,
    stars smallint NOT NULL CHECK (stars BETWEEN 1 AND 5),
    body text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX review_customer_id_idx ON review (customer_id);
CREATE INDEX review_product_id_idx ON review (product_id);

CREATE TABLE stock_movement (
    movement_id bigint PRIMARY KEY,
    product_id integer NOT NULL REFERENCES product,
    warehouse text NOT NULL,
    delta integer NOT NULL,
    moved_at timestamptz NOT NULL,
    comment text NOT NULL
);

CREATE TABLE page_view (
    page_view_id bigint PRIMARY KEY,
    product_id integer NOT NULL,
    device text NOT NULL CHECK (device IN ('phone', 'desktop', 'tablet')),
    viewed_at timestamptz NOT NULL
);
