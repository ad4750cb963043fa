import type { ExchangeName } from "../../src/simulator/listing.ts";
import { STEP_MS } from "../../src/simulator/market.ts";
import { Market } from "../../src/simulator/running-market.ts";
import type { TrueInstrument } from "../../src/simulator/truth.ts";
import type { FundingRow } from "../../src/http/lists/funding-schema.ts";

/**
 * Compares rows with a moving market. The simulator is a function of seed and time, so the truth at any of its steps
 * can be recomputed here; a number is right if it was true at a step at which its row may have been read.
 */

/** The fields of a row that are compared with the truth. */
export type Held = Pick<
  FundingRow,
  | "exchange"
  | "exchange_symbol"
  | "base"
  | "quote"
  | "multiplier"
  | "funding_rate"
  | "annualized_pct"
  | "funding_interval_hours"
  | "next_funding_time"
  | "predicted_rate"
  | "instant_rate"
  | "settled_rate"
  | "settled_at"
  | "mark_price"
  | "index_price"
  | "volume_24h_usd"
  | "open_interest_usd"
  | "observed_at"
>;

type Field = keyof Held & keyof TrueInstrument;

/** Fields from the instrument list, which never change. */
const NAMES = ["base", "quote", "multiplier"] as const satisfies readonly Field[];

/** Fields from the rates, i.e. of the refresh at `observed_at`. */
const OF_REFRESH = [
  "funding_rate",
  "funding_interval_hours",
  "next_funding_time",
  "predicted_rate",
  "instant_rate",
  "settled_rate",
  "settled_at",
] as const satisfies readonly Field[];

/** Fields that some exchanges have one by one: up to two rotations old, and unknown until then. */
const SECONDARY = [
  "mark_price",
  "index_price",
  "volume_24h_usd",
  "open_interest_usd",
] as const satisfies readonly Field[];

/** A refresh may take its ten seconds, and its requests twice. */
const REFRESH_SECONDS = 30;
/** An exchange's timestamp is used as the row's own if it is not further behind (semantics: a minute). */
const STAMP_BEHIND_SECONDS = 60 + REFRESH_SECONDS;
/** Two rounds of the slowest rotation, and a failure in between. */
const ROTATION_SECONDS = 25 * 60;

/** Truths cached: steps of one exchange. A long rotation goes through all of them for each row. */
const KEPT_STEPS = 400;

/** Both sides compute in doubles, in a different order. */
const TOLERANCE = 1e-9;

/** The maximum distance of the simulator's last trades from its marks. */
const TRADE_FROM_MARK = 2e-4;

const STEP_SECONDS = STEP_MS / 1000;

type Truth = ReadonlyMap<string, TrueInstrument>;

export class TruthBook {
  readonly #market: Market;
  readonly #truths = new Map<ExchangeName, Map<number, Truth>>();
  /** The last version of each row that was right: most rows are read several times. */
  readonly #right = new Map<string, string>();
  #atMs = 0;
  numbers = 0;

  constructor(options: { readonly seed: number; readonly scale: number }) {
    this.#market = new Market({ ...options, nowMs: () => this.#atMs });
  }

  /** How many instruments an exchange shows; it always lists the same ones. */
  instruments(exchange: ExchangeName): number {
    return this.#truth(exchange, 0).size;
  }

  /** What is wrong with a row of a snapshot of `fetchedAt` (unix seconds), in words; empty if nothing is. */
  wrongs(row: Held, fetchedAt: number): readonly string[] {
    const fields = ["observed_at", ...NAMES, ...OF_REFRESH, ...SECONDARY] as const;
    const form = JSON.stringify(fields.map((field) => row[field]));
    const key = `${row.exchange} ${row.exchange_symbol}`;
    this.numbers += OF_REFRESH.length + SECONDARY.length;
    if (this.#right.get(key) === form) return [];
    const wrongs = this.#judge(row, fetchedAt).map((text) => `${key} ${text}`);
    if (wrongs.length === 0) this.#right.set(key, form);
    return wrongs;
  }

  #judge(row: Held, fetchedAt: number): readonly string[] {
    const { exchange, exchange_symbol: symbol, observed_at: observedAt } = row;
    const at = (second: number) => this.#truth(exchange, second).get(symbol);
    const known = at(observedAt);
    if (known === undefined) return ["is not an instrument that may be shown"];
    const near = steps(
      observedAt - REFRESH_SECONDS,
      Math.min(fetchedAt, observedAt + STAMP_BEHIND_SECONDS),
    );
    const wrong = (field: Field): readonly string[] => [
      `${field} ${String(row[field])}, never true around ${observedAt}: then ${String(known[field])}`,
    ];
    const isTrueAt = (field: Field) => (second: number) => isSame(row[field], at(second)?.[field]);
    return [
      ...NAMES.filter((field) => row[field] !== known[field]).flatMap(wrong),
      ...OF_REFRESH.filter(
        (field) =>
          row[field] !== null &&
          !isSame(row[field], known[field]) &&
          !near.some(isTrueAt(field)) &&
          // A snapshot has the next time relative to itself, even for rows that were read long before.
          !(field === "next_funding_time" && isTrueAt(field)(fetchedAt)),
      ).flatMap(wrong),
      ...SECONDARY.filter(
        (field) =>
          row[field] !== null &&
          !isSame(row[field], known[field]) &&
          !this.#wasTrue(row, field, fetchedAt),
      ).flatMap(wrong),
      ...yearlyWrongs(row),
    ];
  }

  /**
   * Whether a secondary number was true at a step of the last rounds; a value, with the price of another step. It may
   * be newer than the rate of its row, which a sweep fetched minutes ago.
   */
  #wasTrue(row: Held, field: (typeof SECONDARY)[number], fetchedAt: number): boolean {
    const { exchange, exchange_symbol: symbol, observed_at: observedAt } = row;
    const value = row[field];
    const price = row.mark_price ?? row.index_price;
    const isTrue = (second: number): boolean => {
      const truth = this.#truth(exchange, second).get(symbol);
      if (truth === undefined || value === null) return false;
      if (isSame(value, truth[field])) return true;
      if (field !== "volume_24h_usd" && field !== "open_interest_usd") return false;
      const [dollars, truePrice] = [truth[field], truth.mark_price ?? truth.index_price];
      if (dollars === null || truePrice === null) return false;
      // A row that has lost its mark is valued at the last trade if documented; the truth contains no trades.
      const isByTrade = row.mark_price === null && truth.mark_price !== null;
      if (isByTrade && Math.abs(value / dollars - 1) <= TRADE_FROM_MARK) return true;
      return price !== null && isSame(value / price, dollars / truePrice);
    };
    return steps(
      observedAt - ROTATION_SECONDS,
      Math.max(fetchedAt, observedAt + STAMP_BEHIND_SECONDS),
    )
      .toSorted((left, right) => Math.abs(left - observedAt) - Math.abs(right - observedAt))
      .some(isTrue);
  }

  #truth(exchange: ExchangeName, second: number): Truth {
    const step = Math.floor(second / STEP_SECONDS) * STEP_SECONDS;
    const known = this.#truths.get(exchange) ?? new Map<number, Truth>();
    this.#truths.set(exchange, known);
    const truth = known.get(step);
    if (truth !== undefined) return truth;
    this.#atMs = step * 1000;
    const made = new Map(
      this.#market.truth(exchange).instruments.map((one) => [one.exchange_symbol, one]),
    );
    known.set(step, made);
    const [oldest] = known.keys();
    if (known.size > KEPT_STEPS && oldest !== undefined) known.delete(oldest);
    return made;
  }
}

function yearlyWrongs(row: Held): readonly string[] {
  const { funding_rate: rate, funding_interval_hours: hours, annualized_pct: yearly } = row;
  const right = hours === null ? null : rate * (24 / hours) * 365 * 100;
  return isSame(yearly, right) ? [] : [`annualized_pct ${yearly} instead of ${right}`];
}

/** The steps of the market between two times, unix seconds. */
function steps(from: number, to: number): readonly number[] {
  const first = Math.floor(from / STEP_SECONDS);
  const count = Math.max(0, Math.floor(to / STEP_SECONDS) - first) + 1;
  return Array.from({ length: count }, (_, index) => (first + index) * STEP_SECONDS);
}

function isSame(left: unknown, right: unknown): boolean {
  if (typeof left !== "number" || typeof right !== "number") return left === right;
  return Math.abs(left - right) <= TOLERANCE * Math.max(Math.abs(left), Math.abs(right));
}
