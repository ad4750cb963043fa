import { blob, integer, sqliteTable } from "drizzle-orm/sqlite-core";

/**
 * One row (id 1): all open opportunities, packed, written once a minute. Measured with 12,000 instruments and 60,000
 * pairs: a row per pair, written when it opens, ends or peaks, took 0.8 to 1.4 MB of WAL a minute instead of 0.2, and
 * 20 to 30 ms to read, per process and write, instead of 2 to 7.
 */
export const opportunityBook = sqliteTable("opportunity_book", {
  id: integer("id").primaryKey(),
  /** Unix milliseconds. */
  storedAt: integer("stored_at").notNull(),
  /** Incremented by each write. */
  version: integer("version").notNull(),
  pairs: integer("pairs").notNull(),
  /** See opportunity-codec. Last, so that reading the others does not touch it. */
  body: blob("body", { mode: "buffer" }).notNull(),
});
