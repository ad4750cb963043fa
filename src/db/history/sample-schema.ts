import { blob, index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ExchangeId } from "../../domain/exchange.ts";

/**
 * Samples, from the newest to the oldest: each refresh of the hours not closed yet, each closed hour, each closed day,
 * each closed month. A later layer replaces the ones before it at once, by the row that names it: an hour by its row, a
 * day or a month by its period. Times are unix seconds; blobs are those of `codec`.
 */

/** The refreshes of hours that are not closed. WITHOUT ROWID: a row is its key and a few hundred bytes. */
export const sampleRefreshes = sqliteTable(
  "sample_refreshes",
  {
    exchange: text("exchange").$type<ExchangeId>().notNull(),
    at: integer("at").notNull(),
    blob: blob("blob", { mode: "buffer" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.exchange, table.at] })],
);

/** Some closed hours of an exchange, all series with the times of their samples: one, or as many as are joined. */
export const sampleHours = sqliteTable(
  "sample_hours",
  {
    exchange: text("exchange").$type<ExchangeId>().notNull(),
    /** The start of the first. */
    hour: integer("hour").notNull(),
    hours: integer("hours").notNull().default(1),
    blob: blob("blob", { mode: "buffer" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.exchange, table.hour] })],
);

/** Some series of a closed day of an exchange: a pack of blobs, which fills pages better than single ones. */
export const sampleDays = sqliteTable(
  "sample_days",
  {
    exchange: text("exchange").$type<ExchangeId>().notNull(),
    /** Its start. */
    day: integer("day").notNull(),
    /** The smallest id in the pack; all others are below the next row's. */
    firstSeriesId: integer("first_series_id").notNull(),
    blob: blob("blob", { mode: "buffer" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.exchange, table.day, table.firstSeriesId] })],
);

/** One series of a closed month. */
export const sampleMonths = sqliteTable(
  "sample_months",
  {
    seriesId: integer("series_id").notNull(),
    /** Its start. */
    month: integer("month").notNull(),
    blob: blob("blob", { mode: "buffer" }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.seriesId, table.month] }),
    index("sample_months_month").on(table.month),
  ],
);

/** The last sample of each series in each hour of a day, for the days of closed months. */
export const sampleFrames = sqliteTable(
  "sample_frames",
  {
    exchange: text("exchange").$type<ExchangeId>().notNull(),
    /** Its start. */
    day: integer("day").notNull(),
    blob: blob("blob", { mode: "buffer" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.exchange, table.day] })],
);

export const SAMPLE_SPANS = ["day", "month", "thinned"] as const;

/** What a period covers: a day, a month, or a month of which only a sample in five minutes is left. */
export type SampleSpan = (typeof SAMPLE_SPANS)[number];

/** A day or a month that is stored as such: while it is being made, then for good. */
export const samplePeriods = sqliteTable(
  "sample_periods",
  {
    exchange: text("exchange").$type<ExchangeId>().notNull(),
    span: text("span").$type<SampleSpan>().notNull(),
    start: integer("start").notNull(),
    /** The times of all its refreshes. */
    axis: blob("axis", { mode: "buffer" }).notNull(),
    /** Whether it holds everything of its time and replaces the layer before it. */
    complete: integer("complete", { mode: "boolean" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.exchange, table.span, table.start] })],
);

/** What events are about: see `kind`. */
export const EVENT_KINDS = ["flags", "asset_id", "terms"] as const;

export type EventKind = (typeof EVENT_KINDS)[number];

/** What changes rarely, from the time on at which it was first sampled. WITHOUT ROWID. */
export const seriesEvents = sqliteTable(
  "series_events",
  {
    seriesId: integer("series_id").notNull(),
    /** `flags` (bits in the order of FLAGS, as a decimal), `asset_id`, or `terms` (series-terms.ts). */
    kind: text("kind").$type<EventKind>().notNull(),
    at: integer("at").notNull(),
    /** Null: unknown from then on. */
    value: text("value"),
  },
  (table) => [primaryKey({ columns: [table.seriesId, table.kind, table.at] })],
);
