import {
  customType,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";
import type { AccrualUnit } from "../../domain/settlement.ts";
import type { ExchangeId } from "../../domain/exchange.ts";
import { decimalOf, type StoredDecimal, storedDecimal } from "./stored-decimal.ts";

/** A decimal text, see stored-decimal.ts. Declared as a blob because SQLite converts the values of any other type. */
const decimalText = customType<{ data: string; driverData: StoredDecimal }>({
  dataType: () => "blob",
  toDriver: storedDecimal,
  fromDriver: decimalOf,
});

/** One row (id 1): which collector may write this file. A writer with an older epoch must stop. */
export const historyEpoch = sqliteTable("history_epoch", {
  id: integer("id").primaryKey(),
  epoch: integer("epoch").notNull(),
  /** Incremented by each change that readers can see, except for samples. */
  seq: integer("seq").notNull(),
});

/**
 * An instrument with a past: what its uid stands for, so that this file is complete without the market. The id is this
 * file's own and small, because millions of rows carry it. Times are unix milliseconds.
 */
export const series = sqliteTable(
  "series",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    uid: text("uid").notNull(),
    exchange: text("exchange").$type<ExchangeId>().notNull(),
    exchangeSymbol: text("exchange_symbol").notNull(),
    base: text("base").notNull(),
    quote: text("quote").notNull(),
    settle: text("settle").notNull(),
    multiplier: real("multiplier").notNull(),
    assetClass: text("asset_class"),
    accrual: text("accrual").notNull(),
    /** As stated by the exchange, null if it states none. */
    listedAt: integer("listed_at"),
    firstSeen: integer("first_seen").notNull(),
    /** When it was found delisted, null while it is listed. */
    endedAt: integer("ended_at"),
  },
  (table) => [uniqueIndex("series_uid").on(table.uid)],
);

/** What was charged. WITHOUT ROWID: a row is its key and some thirty bytes. Times are unix seconds. */
export const settlements = sqliteTable(
  "settlements",
  {
    seriesId: integer("series_id").notNull(),
    /** The time rounded to the minute. */
    slot: integer("slot").notNull(),
    /** Seconds from the slot to the time that the exchange states. */
    offset: integer("offset_seconds").notNull(),
    rate: decimalText("rate").notNull(),
    /** As stated, null if the exchange does not state it. */
    intervalHours: integer("interval_hours"),
    markPrice: real("mark_price"),
    /** Index in SETTLEMENT_ORIGINS. */
    origin: integer("origin").notNull(),
    /** The last live rate before the slot, if that was stored first; stays when the exchange corrects it. */
    estimate: real("estimate"),
  },
  (table) => [primaryKey({ columns: [table.seriesId, table.slot] })],
);

/** What continuous contracts accrued in each hour. WITHOUT ROWID. Times are unix seconds. */
export const accruals = sqliteTable(
  "accruals",
  {
    seriesId: integer("series_id").notNull(),
    /** The end of the hour. */
    hour: integer("hour").notNull(),
    amount: decimalText("amount").notNull(),
    unit: text("unit").$type<AccrualUnit>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.seriesId, table.hour] })],
);

/** How far each series' past has been read from its exchange. Times are unix seconds. */
export const backfills = sqliteTable("backfills", {
  seriesId: integer("series_id").primaryKey(),
  /** Everything from here … null before the first page. */
  readFrom: integer("read_from"),
  /** … to here (exclusive) has been read. */
  readTo: integer("read_to"),
  /** The page to continue with, where the exchange pages by number. */
  page: integer("page"),
  /** Whether the exchange has nothing older than `readFrom`, or the listing is reached. */
  complete: integer("complete", { mode: "boolean" }).notNull().default(false),
  /** The oldest payment that the exchange still has, if that is younger than the listing. */
  availableFrom: integer("available_from"),
  requests: integer("requests").notNull().default(0),
  failuresInRow: integer("failures_in_row").notNull().default(0),
  /** Our own wording, null after a success. */
  failure: text("failure"),
  attemptedAt: integer("attempted_at"),
});
