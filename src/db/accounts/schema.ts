import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** The last queued state of each subject, for all destinations; no row if it was never bad. Times are unix ms. */
export const alertStates = sqliteTable("alert_states", {
  /** `exchange:<id>`, `batch:<id>`, `service` or `collector`. */
  key: text("key").primaryKey(),
  state: text("state").notNull(),
  /** When the message about `state` was queued: the cooldown starts here. */
  queuedAt: integer("queued_at").notNull(),
});

/**
 * Messages to send, each to one destination, the oldest of each destination first. A row is pending until it is sent or
 * parked. Messages to a destination that is no longer configured stay until they are deleted.
 */
export const alertOutbox = sqliteTable(
  "alert_outbox",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    key: text("key").notNull(),
    state: text("state").notNull(),
    text: text("text").notNull(),
    /** `telegram:<chat>`. Null in rows of versions with a single destination: sent to the current one. */
    destination: text("destination"),
    createdAt: integer("created_at").notNull(),
    /** Incremented by each claim, so it also identifies the claim. */
    attempts: integer("attempts").notNull().default(0),
    /** No other sender may claim it before this time: a lease, or the wait after a failure. */
    notBefore: integer("not_before").notNull(),
    sentAt: integer("sent_at"),
    /** When it was abandoned: rejected permanently, tried too often or too old to matter. */
    parkedAt: integer("parked_at"),
    /** Why the last try failed; safe to show. */
    failure: text("failure"),
  },
  (table) => [index("alert_outbox_pending").on(table.sentAt, table.parkedAt, table.id)],
);
