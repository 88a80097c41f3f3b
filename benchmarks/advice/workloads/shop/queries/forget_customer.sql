-- title: A customer forgotten
-- asks: What does it cost to delete a customer with all that is theirs?
-- tables: customer, address, orders, review
-- writes: yes
-- param customer_id integer: class
-- class most: SELECT customer_id FROM address GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
-- class median: SELECT customer_id FROM address GROUP BY 1 ORDER BY count(*), 1 LIMIT 1 OFFSET 1000
-- class none: SELECT -1 AS customer_id
DELETE FROM customer WHERE customer_id = :customer_id;
