ALTER TABLE `quotes` ADD `settled_7d_apr_pct` real;--> statement-breakpoint
ALTER TABLE `quotes` ADD `settled_7d_until` integer;