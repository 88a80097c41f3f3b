-- Mark this customer's newest order as returned.
UPDATE orders
SET status = 'returned'
WHERE order_id = (SELECT order_id
                  FROM orders
                  WHERE customer_id = :customer_id
                  ORDER BY created_at DESC, order_id DESC
                  LIMIT 1)
RETURNING order_id;
