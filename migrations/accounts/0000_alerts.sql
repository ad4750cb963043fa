CREATE TABLE `alert_outbox` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`key` text NOT NULL,
	`state` text NOT NULL,
	`text` text NOT NULL,
	`destination` text,
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
