-- A customer who comes after the last ANALYZE, with as many orders as customer :customer_id.
INSERT INTO customers (customer_id, email, country)
SELECT (SELECT max(customer_id) + 1 FROM customers), 'new-' || email, country
FROM customers
WHERE customer_id = :customer_id;

INSERT INTO orders (order_id, customer_id, status, total_cents, created_at)
SELECT (SELECT max(order_id) FROM orders) + row_number() OVER (ORDER BY order_id),
       (SELECT max(customer_id) FROM customers), status, total_cents, created_at
FROM orders
WHERE customer_id = :customer_id;

SELECT max(customer_id) AS customer_id FROM customers;
