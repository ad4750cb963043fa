import { blob, integer, sqliteTable } from "drizzle-orm/sqlite-core";

/**
 * One row (id 1): all open opportunities, packed. Some 90,000 pairs are open at once and nearly all of them change
 * each minute: a row for each would dirty every page of the table each time, and loading them would take ten times
 * as long at every start.
 */
export const opportunityBook = sqliteTable("opportunity_book", {
  id: integer("id").primaryKey(),
  /** Unix milliseconds. */
  storedAt: integer("stored_at").notNull(),
  /** Raised by each write. */
  version: integer("version").notNull(),
  pairs: integer("pairs").notNull(),
  /** See opportunity-codec. Last, so that reading the others does not touch it. */
  body: blob("body", { mode: "buffer" }).notNull(),
});
