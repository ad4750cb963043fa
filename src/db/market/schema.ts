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
    /** Listing time by the exchange's word, null where it gives none. */
    listedAt: integer("listed_at"),
    firstSeen: integer("first_seen").notNull(),
    lastSeen: integer("last_seen").notNull(),
    /**
     * listed: in the lists; delisted: missing from too many accepted batches; gone: for so long that its
     * ticker would come back as another instrument; replaced: it has.
     */
    status: text("status").notNull(),
    /** Accepted batches in a row without it, counted up to the bound of a relisting. */
    missedBatches: integer("missed_batches").notNull().default(0),
    /** The last interval that was known, so that an unknown one in between makes no false event. */
    lastIntervalHours: real("last_interval_hours"),
    /** When the interval last became another one, null while it never has. */
    intervalChangedAt: integer("interval_changed_at"),
    /** `LIT` or `LIT~2`: which asset this is by its price, null while no price has told. */
    assetId: text("asset_id"),
    /** confirmed, probable or conflict; see domain/identity. */
    identity: text("identity").$type<Identity>().notNull().default("probable"),
    /** The multiplier that prices prove where they contradict the ticker's. */
    provenMultiplier: real("proven_multiplier"),
    /** The class of its asset once that is confirmed, whatever its own exchange calls it. */
    settledClass: text("settled_class"),
    /** Fields that the rest of the market contradicts, as bits; see domain/plausibility. */
    implausible: integer("doubts").notNull().default(0),
    /** Price per unit before a break that may be another listing, and for how many batches it has lasted. */
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
});

/** One row per exchange that was ever enabled here. */
export const exchangeState = sqliteTable("exchange_state", {
  exchange: text("exchange").$type<ExchangeId>().primaryKey(),
  enabled: integer("enabled", { mode: "boolean" }).notNull(),
  /** Raised by each commit of this exchange's rows. */
  commitSeq: integer("commit_seq").notNull().default(0),
  periodMs: integer("period_ms").notNull(),
  lastOkAt: integer("last_ok_at"),
  lastAttemptAt: integer("last_attempt_at"),
  failureKind: text("failure_kind").$type<FailureKind>(),
  failure: text("failure"),
  failuresInRow: integer("failures_in_row").notNull().default(0),
  degradedBy: text("degraded_by"),
  retryAt: integer("retry_at"),
  symbols: integer("symbols").notNull().default(0),
  /** The size that later batches are held against; falls only when a smaller one is confirmed. */
  trustedSize: integer("trusted_size"),
  expected: integer("expected"),
  rejects: text("rejects", { mode: "json" }).$type<Record<string, number>>().notNull().default({}),
  lastCycleMs: real("last_cycle_ms"),
  /** A size that was refused and may prove true: how many like batches since when. */
  pendingSize: integer("pending_size"),
  pendingBatches: integer("pending_batches").notNull().default(0),
  pendingSince: integer("pending_since"),
  /** The operator said that the next batch's size is true. */
  acceptNextSize: integer("accept_next_size", { mode: "boolean" }).notNull().default(false),
  /** The last batch that was refused as a whole, and why. */
  refusedAt: integer("refused_at"),
  refusal: text("refusal"),
  /** How many times the others' its rates are, in the middle; null while not comparable. */
  rateScale: real("rate_scale"),
  /** The share of its instruments whose open interest ends in an even digit; null while too few have one. */
  evenShare: real("even_share"),
});

/** Each time an instrument's funding interval became another one. */
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

/** One row (id 1): who may write the market tables, and how far they are. */
export const collectorEpoch = sqliteTable("collector_epoch", {
  id: integer("id").primaryKey(),
  /** Raised by each collector that takes over; a writer with an older one must stop. */
  epoch: integer("epoch").notNull(),
  /** Raised by each change that a reader can see. */
  seq: integer("seq").notNull(),
  /** When `seq` was last raised. */
  changedAt: integer("changed_at").notNull(),
  heartbeatAt: integer("heartbeat_at"),
});
