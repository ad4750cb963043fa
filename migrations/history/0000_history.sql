CREATE TABLE `accruals` (
	`series_id` integer NOT NULL,
	`hour` integer NOT NULL,
	`amount` blob NOT NULL,
	`unit` text NOT NULL,
	PRIMARY KEY(`series_id`, `hour`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `backfills` (
	`series_id` integer PRIMARY KEY NOT NULL,
	`read_from` integer,
	`read_to` integer,
	`page` integer,
	`complete` integer DEFAULT false NOT NULL,
	`available_from` integer,
	`requests` integer DEFAULT 0 NOT NULL,
	`failures_in_row` integer DEFAULT 0 NOT NULL,
	`failure` text,
	`attempted_at` integer
);
--> statement-breakpoint
CREATE TABLE `history_epoch` (
	`id` integer PRIMARY KEY NOT NULL,
	`epoch` integer NOT NULL,
	`seq` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `series` (
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
	`ended_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `series_uid` ON `series` (`uid`);--> statement-breakpoint
CREATE TABLE `settlements` (
	`series_id` integer NOT NULL,
	`slot` integer NOT NULL,
	`offset_seconds` integer NOT NULL,
	`rate` blob NOT NULL,
	`interval_hours` integer,
	`mark_price` real,
	`origin` integer NOT NULL,
	`estimate` real,
	PRIMARY KEY(`series_id`, `slot`)
) WITHOUT ROWID;
