-- title: Customers at home
-- asks: How many customers of the home market joined, year by year?
-- tables: customer
-- param country char(2): 'DE'
SELECT extract(year FROM created_at), count(*), max(full_name) FROM customer
WHERE country_code = :country GROUP BY 1 ORDER BY 1;
