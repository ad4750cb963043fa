CREATE TABLE `pair_frames` (
	`at` integer PRIMARY KEY NOT NULL,
	`blob` blob NOT NULL
);
