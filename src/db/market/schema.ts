import { index, integer, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Identity } from "../../domain/asset-cluster.ts";
import type { ExchangeId, FailureKind } from "../../domain/exchange.ts";

/** One listing on one exchange. A reused ticker is a new row with a new uid. Times are unix milliseconds. */
export const instruments = sqliteTable(
  "instruments",
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
    /** Listing time as stated by the exchange, null if it states none. */
    listedAt: integer("listed_at"),
    firstSeen: integer("first_seen").notNull(),
    lastSeen: integer("last_seen").notNull(),
    /**
     * listed: in the lists; delisted: missing from too many accepted batches; gone: for so long that its
     * ticker would return as a new instrument; replaced: it has returned as one.
     */
    status: text("status").notNull(),
    /** Consecutive accepted batches without it, counted up to the threshold of `gone`. */
    missedBatches: integer("missed_batches").notNull().default(0),
    /** The last known interval, so that an unknown one in between does not count as a change. */
    lastIntervalHours: real("last_interval_hours"),
    /** When the interval last changed, null if it never did. */
    intervalChangedAt: integer("interval_changed_at"),
    /** `LIT` or `LIT~2`: the asset according to prices, null before the first price. */
    assetId: text("asset_id"),
    /** confirmed, probable or conflict; see domain/identity. */
    identity: text("identity").$type<Identity>().notNull().default("probable"),
    /** The multiplier that prices prove if they contradict the ticker's. */
    provenMultiplier: real("proven_multiplier"),
    /** The class of its asset once confirmed, regardless of its own exchange's class. */
    settledClass: text("settled_class"),
    /** Fields that the rest of the market contradicts, as bits; see domain/plausibility. */
    implausible: integer("doubts").notNull().default(0),
    /** Price per unit before a break that may mean another listing, and the number of batches since. */
    breakPrice: real("break_price"),
    breakBatches: integer("break_batches").notNull().default(0),
  },
  (table) => [
    uniqueIndex("instruments_uid").on(table.uid),
    index("instruments_exchange_status").on(table.exchange, table.status),
    index("instruments_base").on(table.base),
  ],
);

/** The latest accepted state of each instrument: the fields of a Quote, in its units. */
export const quotes = sqliteTable("quotes", {
  instrumentId: integer("instrument_id")
    .primaryKey()
    .references(() => instruments.id, { onDelete: "cascade" }),
  fundingRate: real("funding_rate").notNull(),
  fundingIntervalHours: real("funding_interval_hours"),
  intervalSource: text("interval_source"),
  nextFundingAt: integer("next_funding_at"),
  predictedRate: real("predicted_rate"),
  instantRate: real("instant_rate"),
  settledRate: real("settled_rate"),
  settledAt: integer("settled_at"),
  rateCap: real("rate_cap"),
  rateFloor: real("rate_floor"),
  baselineRate: real("baseline_rate"),
  settling: integer("settling", { mode: "boolean" }).notNull(),
  frozen: integer("frozen", { mode: "boolean" }).notNull(),
  markPrice: real("mark_price"),
  indexPrice: real("index_price"),
  lastPrice: real("last_price"),
  openInterestUsd: real("open_interest_usd"),
  volume24hUsd: real("volume_24h_usd"),
  observedAt: integer("observed_at").notNull(),
  takerFeeBps: real("taker_fee_bps"),
  /** What the settlements of the last seven days paid, percent a year; null: unknown. */
  settled7dAprPct: real("settled_7d_apr_pct"),
  /** The last observation that it is known for: should it not be computed again by then, it is unknown. */
  settled7dUntil: integer("settled_7d_until"),
});

/** One row per exchange that was ever enabled here. */
export const exchangeState = sqliteTable("exchange_state", {
  exchange: text("exchange").$type<ExchangeId>().primaryKey(),
  enabled: integer("enabled", { mode: "boolean" }).notNull(),
  /** Incremented by each commit of this exchange's rows. */
  commitSeq: integer("commit_seq").notNull().default(0),
  /** Raised by a trigger with each change of a column of its instruments that readers keep. */
  listingSeq: integer("listing_seq").notNull().default(0),
  periodMs: integer("period_ms").notNull(),
  lastOkAt: integer("last_ok_at"),
  lastAttemptAt: integer("last_attempt_at"),
  failureKind: text("failure_kind").$type<FailureKind>(),
  failure: text("failure"),
  failuresInRow: integer("failures_in_row").notNull().default(0),
  degradedBy: text("degraded_by"),
  retryAt: integer("retry_at"),
  symbols: integer("symbols").notNull().default(0),
  /** The size that later batches are compared with; it falls only if a smaller one is confirmed. */
  trustedSize: integer("trusted_size"),
  expected: integer("expected"),
  rejects: text("rejects", { mode: "json" }).$type<Record<string, number>>().notNull().default({}),
  lastCycleMs: real("last_cycle_ms"),
  /** A refused size that may be confirmed, with the number of similar batches and their start. */
  pendingSize: integer("pending_size"),
  pendingBatches: integer("pending_batches").notNull().default(0),
  pendingSince: integer("pending_since"),
  /** The operator has accepted the next batch's size. */
  acceptNextSize: integer("accept_next_size", { mode: "boolean" }).notNull().default(false),
  /** The last batch that was refused as a whole, and why. */
  refusedAt: integer("refused_at"),
  refusal: text("refusal"),
  /** Median ratio of its rates to the others'; null if not comparable. */
  rateScale: real("rate_scale"),
  /** The share of its instruments whose open interest ends in an even digit; null if there are too few. */
  evenShare: real("even_share"),
});

/** Every change of an instrument's funding interval. */
export const intervalChanges = sqliteTable(
  "interval_changes",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    instrumentId: integer("instrument_id")
      .notNull()
      .references(() => instruments.id, { onDelete: "cascade" }),
    fromHours: real("from_hours").notNull(),
    toHours: real("to_hours").notNull(),
    changedAt: integer("changed_at").notNull(),
  },
  (table) => [
    index("interval_changes_instrument").on(table.instrumentId, table.changedAt),
    index("interval_changes_time").on(table.changedAt),
  ],
);

/** One row (id 1): who may write the market tables, and their progress. */
export const collectorEpoch = sqliteTable("collector_epoch", {
  id: integer("id").primaryKey(),
  /** Incremented by each collector that takes over; a writer with an older epoch must stop. */
  epoch: integer("epoch").notNull(),
  /** Incremented by each change that readers can see. */
  seq: integer("seq").notNull(),
  /** When `seq` was last incremented. */
  changedAt: integer("changed_at").notNull(),
  heartbeatAt: integer("heartbeat_at"),
});
