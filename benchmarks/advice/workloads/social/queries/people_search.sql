-- title: Search of people
-- asks: Who has this in the name?
-- tables: account
-- param pattern text: class
-- class common: SELECT '%anders%' AS pattern
-- class rare: SELECT '%' || substr(display_name, 2, 8) || '%' AS pattern FROM account ORDER BY account_id LIMIT 1 OFFSET 88
SELECT account_id, handle, display_name FROM account WHERE display_name ILIKE :pattern
ORDER BY display_name, account_id LIMIT 20;
