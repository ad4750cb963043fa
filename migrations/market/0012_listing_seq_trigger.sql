-- Readers keep the listings of an exchange until its listing_seq rises. Whoever changes a column that they keep raises it,
-- a service of an earlier version that still runs on this file as well. A new or another listing has an id that they do
-- not know. A migration that makes the table `instruments` anew must make this again.
CREATE TRIGGER `raise_listing_seq` AFTER UPDATE OF `base`, `quote`, `settle`, `multiplier`, `asset_class`, `accrual`,
  `listed_at`, `first_seen`, `interval_changed_at`, `asset_id`, `identity`, `proven_multiplier`, `settled_class`, `doubts`
ON `instruments`
BEGIN
  UPDATE `exchange_state` SET `listing_seq` = `listing_seq` + 1 WHERE `exchange` = NEW.`exchange`;
END;
