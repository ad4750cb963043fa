import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** What was last queued about each subject, for all destinations. A subject without a row was never bad. Times are unix milliseconds. */
export const alertStates = sqliteTable("alert_states", {
  /** `exchange:<id>`, `batch:<id>`, `service` or `collector`. */
  key: text("key").primaryKey(),
  state: text("state").notNull(),
  /** When the message about `state` was queued: the cooldown runs from here. */
  queuedAt: integer("queued_at").notNull(),
});

/**
 * Messages to send, each to one destination, the oldest of each destination first. A row is pending until it is either
 * sent or parked. Those of a destination that is not set up any more lie aside until they are deleted.
 */
export const alertOutbox = sqliteTable(
  "alert_outbox",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    key: text("key").notNull(),
    state: text("state").notNull(),
    text: text("text").notNull(),
    /** Whom it is for, as `telegram:<chat>`. Null in rows of versions that had one destination: whoever sends next. */
    destination: text("destination"),
    createdAt: integer("created_at").notNull(),
    /** Raised by each claim, so it also tells a claim from a later one of the same row. */
    attempts: integer("attempts").notNull().default(0),
    /** Nobody else may send it before this time: a sender's lease, or the wait after a failure. */
    notBefore: integer("not_before").notNull(),
    sentAt: integer("sent_at"),
    /** Given up at this time: refused for good, tried too often or too old to matter. */
    parkedAt: integer("parked_at"),
    /** Why the last try failed; safe to show. */
    failure: text("failure"),
  },
  (table) => [index("alert_outbox_pending").on(table.sentAt, table.parkedAt, table.id)],
);
