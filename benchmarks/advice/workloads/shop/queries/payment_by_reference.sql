-- title: A payment by its reference
-- asks: Which order does the provider's message mean?
-- tables: payment
-- param reference text: class
-- class known: SELECT reference FROM payment ORDER BY payment_id LIMIT 1 OFFSET 12000
-- class unknown: SELECT 'pay_none' AS reference
SELECT payment_id, order_id, amount_cents, state FROM payment WHERE reference = :reference;
