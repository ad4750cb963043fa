CREATE TABLE `alert_outbox` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`key` text NOT NULL,
	`state` text NOT NULL,
	`text` text NOT NULL,
	`created_at` integer NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`not_before` integer NOT NULL,
	`sent_at` integer,
	`parked_at` integer,
	`failure` text
);
--> statement-breakpoint
CREATE INDEX `alert_outbox_pending` ON `alert_outbox` (`sent_at`,`parked_at`,`id`);--> statement-breakpoint
CREATE TABLE `alert_states` (
	`key` text PRIMARY KEY NOT NULL,
	`state` text NOT NULL,
	`queued_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `collector_epoch` (
	`id` integer PRIMARY KEY NOT NULL,
	`epoch` integer NOT NULL,
	`seq` integer NOT NULL,
	`changed_at` integer NOT NULL,
	`heartbeat_at` integer
);
--> statement-breakpoint
CREATE TABLE `exchange_state` (
	`exchange` text PRIMARY KEY NOT NULL,
	`enabled` integer NOT NULL,
	`commit_seq` integer DEFAULT 0 NOT NULL,
	`period_ms` integer NOT NULL,
	`last_ok_at` integer,
	`last_attempt_at` integer,
	`failure_kind` text,
	`failure` text,
	`failures_in_row` integer DEFAULT 0 NOT NULL,
	`degraded_by` text,
	`retry_at` integer,
	`symbols` integer DEFAULT 0 NOT NULL,
	`trusted_size` integer,
	`expected` integer,
	`rejects` text DEFAULT '{}' NOT NULL,
	`last_cycle_ms` real,
	`pending_size` integer,
	`pending_batches` integer DEFAULT 0 NOT NULL,
	`pending_since` integer,
	`accept_next_size` integer DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE `instruments` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`uid` text NOT NULL,
	`exchange` text NOT NULL,
	`exchange_symbol` text NOT NULL,
	`base` text NOT NULL,
	`quote` text NOT NULL,
	`settle` text NOT NULL,
	`multiplier` real NOT NULL,
	`asset_class` text,
	`accrual` text NOT NULL,
	`listed_at` integer,
	`first_seen` integer NOT NULL,
	`last_seen` integer NOT NULL,
	`status` text NOT NULL,
	`missed_batches` integer DEFAULT 0 NOT NULL,
	`last_interval_hours` real
);
--> statement-breakpoint
CREATE UNIQUE INDEX `instruments_uid` ON `instruments` (`uid`);--> statement-breakpoint
CREATE INDEX `instruments_exchange_status` ON `instruments` (`exchange`,`status`);--> statement-breakpoint
CREATE INDEX `instruments_base` ON `instruments` (`base`);--> statement-breakpoint
CREATE TABLE `interval_changes` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`instrument_id` integer NOT NULL,
	`from_hours` real NOT NULL,
	`to_hours` real NOT NULL,
	`changed_at` integer NOT NULL,
	FOREIGN KEY (`instrument_id`) REFERENCES `instruments`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `interval_changes_instrument` ON `interval_changes` (`instrument_id`,`changed_at`);--> statement-breakpoint
CREATE TABLE `quotes` (
	`instrument_id` integer PRIMARY KEY NOT NULL,
	`funding_rate` real NOT NULL,
	`funding_interval_hours` real,
	`interval_source` text,
	`next_funding_at` integer,
	`predicted_rate` real,
	`instant_rate` real,
	`settled_rate` real,
	`settled_at` integer,
	`rate_cap` real,
	`rate_floor` real,
	`baseline_rate` real,
	`settling` integer NOT NULL,
	`frozen` integer NOT NULL,
	`mark_price` real,
	`index_price` real,
	`open_interest_usd` real,
	`volume_24h_usd` real,
	`observed_at` integer NOT NULL,
	FOREIGN KEY (`instrument_id`) REFERENCES `instruments`(`id`) ON UPDATE no action ON DELETE cascade
);
