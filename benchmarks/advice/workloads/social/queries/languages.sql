-- title: Accounts of a language
-- asks: How many accounts of this language came, month by month?
-- tables: account
-- param language text: 'en'
SELECT date_trunc('month', created_at), count(*), max(handle) FROM account WHERE language = :language GROUP BY 1 ORDER BY 1;
