-- title: Customers without an order
-- asks: How many customers with money, by segment, never ordered?
-- tables: customer, orders
SELECT c.segment, count(*), sum(c.account_balance) FROM customer AS c
WHERE c.account_balance > 0 AND NOT EXISTS (SELECT FROM orders AS o WHERE o.customer_id = c.customer_id)
GROUP BY c.segment ORDER BY c.segment;
