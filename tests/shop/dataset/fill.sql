-- Rows made by the server itself. :scale, :base, :seed, :skew and :clock are filled in by pgproof.
-- A tenth as many customers as orders; order n goes to customer floor(n^2 / scale / 10), so few buy most.
-- Orders beyond :base, where one customer grows, are the first one's, who has the most anyway.
INSERT INTO customers (customer_id, email, country)
SELECT n, 'customer-' || n || '@shop.example', (ARRAY['AT', 'DE', 'FR', 'PL'])[1 + n % 4]
FROM generate_series(1, greatest(:base / 10, 10)) AS n;

INSERT INTO orders (order_id, customer_id, status, total_cents, created_at)
SELECT n,
       CASE WHEN n > :base THEN 1
            ELSE 1 + (n::numeric * (n % 97) * (n % 89) / (97 * 89) / 10)::bigint % greatest(:base / 10, 10) END,
       CASE WHEN n % 50 = 0 THEN 'open' WHEN n % 31 = 0 THEN 'returned' ELSE 'paid' END,
       500 + (n * 7919 + :seed) % 20000,
       :clock::timestamptz - make_interval(mins => (:scale - n)::integer)
FROM generate_series(1, :scale) AS n;
