CREATE TABLE `opportunity_book` (
	`id` integer PRIMARY KEY NOT NULL,
	`stored_at` integer NOT NULL,
	`version` integer NOT NULL,
	`pairs` integer NOT NULL,
	`body` blob NOT NULL
);
