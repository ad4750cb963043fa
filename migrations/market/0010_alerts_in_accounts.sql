-- Alerts lie in the accounts' file from here on, which copies the rows of these two tables by a migration of its own. What
-- waits is parked in the year 2100, by which that migration knows it: an earlier version that still runs beside this one
-- sends it no more, and does not delete it either. The tables stay for such a version; a migration of the accounts' file
-- may drop them later, so that they are never gone before their rows were copied.
UPDATE `alert_outbox` SET `parked_at` = 4102444800000 WHERE `sent_at` IS NULL AND `parked_at` IS NULL;
