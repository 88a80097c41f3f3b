-- title: Log in
-- asks: Whose address is this, however it is typed?
-- tables: customer
-- param email text: class
-- class known: SELECT upper(email) AS email FROM customer ORDER BY customer_id LIMIT 1 OFFSET 6000
-- class unknown: SELECT 'nobody@example.org' AS email
SELECT customer_id, full_name FROM customer WHERE lower(email) = lower(:email);
