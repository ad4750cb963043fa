CREATE TABLE `sample_days` (
	`exchange` text NOT NULL,
	`day` integer NOT NULL,
	`first_series_id` integer NOT NULL,
	`blob` blob NOT NULL,
	PRIMARY KEY(`exchange`, `day`, `first_series_id`)
);
--> statement-breakpoint
CREATE TABLE `sample_frames` (
	`exchange` text NOT NULL,
	`day` integer NOT NULL,
	`blob` blob NOT NULL,
	PRIMARY KEY(`exchange`, `day`)
);
--> statement-breakpoint
CREATE TABLE `sample_hours` (
	`exchange` text NOT NULL,
	`hour` integer NOT NULL,
	`blob` blob NOT NULL,
	PRIMARY KEY(`exchange`, `hour`)
);
--> statement-breakpoint
CREATE TABLE `sample_months` (
	`series_id` integer NOT NULL,
	`month` integer NOT NULL,
	`blob` blob NOT NULL,
	PRIMARY KEY(`series_id`, `month`)
);
--> statement-breakpoint
CREATE INDEX `sample_months_month` ON `sample_months` (`month`);--> statement-breakpoint
CREATE TABLE `sample_periods` (
	`exchange` text NOT NULL,
	`span` text NOT NULL,
	`start` integer NOT NULL,
	`axis` blob NOT NULL,
	`complete` integer NOT NULL,
	PRIMARY KEY(`exchange`, `span`, `start`)
);
--> statement-breakpoint
CREATE TABLE `sample_refreshes` (
	`exchange` text NOT NULL,
	`at` integer NOT NULL,
	`blob` blob NOT NULL,
	PRIMARY KEY(`exchange`, `at`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `series_events` (
	`series_id` integer NOT NULL,
	`kind` text NOT NULL,
	`at` integer NOT NULL,
	`value` text,
	PRIMARY KEY(`series_id`, `kind`, `at`)
) WITHOUT ROWID;
