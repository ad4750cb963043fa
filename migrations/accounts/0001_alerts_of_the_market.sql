-- Alerts lay in the market's file before, which is attached as `market`: what was told about each subject …
INSERT INTO `alert_states` (`key`, `state`, `queued_at`)
SELECT `key`, `state`, `queued_at` FROM `market`.`alert_states`;
--> statement-breakpoint
-- … and the messages, with their ids, which are their order. Those that waited are parked there, see 0010_alerts_in_accounts
-- of the market; an earlier version that was sending one at that moment has noted it as sent or given it up.
INSERT INTO `alert_outbox` (`id`, `key`, `state`, `text`, `destination`, `created_at`, `attempts`, `not_before`, `sent_at`, `parked_at`, `failure`)
SELECT `id`, `key`, `state`, `text`, `destination`, `created_at`, `attempts`, `not_before`, `sent_at`, nullif(`parked_at`, 4102444800000), `failure`
FROM `market`.`alert_outbox` ORDER BY `id`;
