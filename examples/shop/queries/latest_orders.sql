-- What did this customer buy last?
SELECT order_id, status, total_cents, created_at
FROM orders
WHERE customer_id = :customer_id
ORDER BY created_at DESC, order_id DESC
LIMIT 10;
