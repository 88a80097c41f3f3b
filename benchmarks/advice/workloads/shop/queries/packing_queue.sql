-- title: Packing queue
-- asks: Which paid orders have waited longest?
-- tables: orders
SELECT order_id, customer_id, placed_at, total_cents FROM orders
WHERE status = 'paid' AND shipped_at IS NULL ORDER BY placed_at, order_id LIMIT 50;
