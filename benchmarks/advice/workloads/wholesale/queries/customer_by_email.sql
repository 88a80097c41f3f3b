-- title: A customer by address
-- asks: Who writes from this address?
-- tables: customer
-- param email text: class
-- class known: SELECT upper(email) AS email FROM customer ORDER BY customer_id LIMIT 1 OFFSET 4000
-- class unknown: SELECT 'nobody@example.org' AS email
SELECT customer_id, name, segment FROM customer WHERE lower(email) = lower(:email);
