ALTER TABLE `exchange_state` ADD `refused_at` integer;--> statement-breakpoint
ALTER TABLE `exchange_state` ADD `refusal` text;--> statement-breakpoint
ALTER TABLE `exchange_state` ADD `rate_scale` real;--> statement-breakpoint
ALTER TABLE `instruments` ADD `interval_changed_at` integer;--> statement-breakpoint
ALTER TABLE `instruments` ADD `asset_id` text;--> statement-breakpoint
ALTER TABLE `instruments` ADD `identity` text DEFAULT 'probable' NOT NULL;--> statement-breakpoint
ALTER TABLE `instruments` ADD `proven_multiplier` real;--> statement-breakpoint
ALTER TABLE `instruments` ADD `doubts` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `instruments` ADD `break_price` real;--> statement-breakpoint
ALTER TABLE `instruments` ADD `break_batches` integer DEFAULT 0 NOT NULL;