import type { MarketWriter } from "../db/market/market-writer.ts";
import type { ReviewChanges, ReviewRepository, ReviewRow } from "../db/market/review-repository.ts";
import type { Candidate, Decision } from "../domain/asset-cluster.ts";
import { commonName } from "../domain/asset-names.ts";
import { EXCHANGES } from "../exchanges/registry.ts";
import type { ExchangeId } from "../domain/exchange.ts";
import { type Misfits, identify, PRICE_FRESH_MS } from "../domain/identity.ts";
import { implausibleInMarket, type ImplausibleBits } from "../domain/plausibility.ts";

/**
 * If all prices of an asset's listings are this close, each is well within the distance at which listings join an
 * asset, whatever the reference price is, so there is nothing to decide.
 */
const STABLE_WITHIN = 0.029;

/** All names are decided again after this time in any case, to correct anything that was missed. */
const ALL_NAMES_EVERY_MS = 600_000;

/** Scales are stored with two digits, enough to distinguish 8, 100 or 10,000, and only when that changes. */
const SCALE_DIGITS = 2;

/**
 * Compares all exchanges: which listings are the same asset, and which numbers are implausible. The results are stored
 * with the rows, so that every process shows the same. How long a misfit has persisted is kept in memory. Names for
 * which only prices have changed, and only a little, are not decided again.
 */
export class MarketReview {
  readonly #repository: Pick<ReviewRepository, "rows" | "rateScales" | "store">;
  readonly #writer: Pick<MarketWriter, "takeChangedBases"> | null;
  #misfits: Misfits = new Map();
  /** Common names whose listings are all stored as decided, without a misfit. */
  readonly #settled = new Set<string>();
  #allNamesAtMs = Number.NEGATIVE_INFINITY;

  /** Without a writer that reports the bases of changed listings, every run decides all names. */
  constructor(
    repository: Pick<ReviewRepository, "rows" | "rateScales" | "store">,
    writer: Pick<MarketWriter, "takeChangedBases"> | null = null,
  ) {
    this.#repository = repository;
    this.#writer = writer;
  }

  /**
   * Reviews the market as of `nowMs`; returns how many rows changed. Throws EpochLost like every write; after an error
   * the same review can be repeated with the same result.
   */
  run(epoch: number, nowMs: number): number {
    this.#invalidate(nowMs);
    const rows = this.#repository.rows();
    const misfits: Misfits = new Map(this.#misfits);
    const { decided, settled } = this.#identify(rows, misfits, nowMs);
    const comparison = implausibleInMarket(
      rows.map((row) => {
        const { assetId, identity } = decided.get(row.instrumentId) ?? row;
        const { instrumentId, exchange, quote, volume24hUsd, openInterestUsd } = row;
        return {
          instrumentId,
          exchange,
          quote,
          assetId: identity === "conflict" ? null : assetId,
          volume24hUsd,
          openInterestUsd,
          ratePerHour:
            row.fundingIntervalHours === null ? null : row.fundingRate / row.fundingIntervalHours,
        };
      }),
    );
    const changes = changesOf(rows, decided, comparison.rows);
    const rateScales = scaleChanges(this.#repository.rateScales(), comparison.rateScale);
    const count = changes.decisions.size + changes.implausible.size;
    if (count + rateScales.size > 0)
      this.#repository.store(epoch, { ...changes, rateScales }, nowMs);
    // Only what was stored has taken effect.
    this.#misfits = misfits;
    for (const name of settled) this.#settled.add(name);
    return count;
  }

  /** Invalidates whatever may have changed since the last run. */
  #invalidate(nowMs: number): void {
    const isDue = Math.abs(nowMs - this.#allNamesAtMs) >= ALL_NAMES_EVERY_MS;
    if (this.#writer === null || isDue) {
      this.#settled.clear();
      this.#allNamesAtMs = nowMs;
    }
    for (const base of this.#writer?.takeChangedBases() ?? [])
      this.#settled.delete(commonName(base));
  }

  /** Decides all listings except the settled ones, for which the stored decision stands. */
  #identify(
    rows: readonly ReviewRow[],
    misfits: Misfits,
    nowMs: number,
  ): {
    readonly decided: ReadonlyMap<number, Decision>;
    /** Names settled by this run. */
    readonly settled: readonly string[];
  } {
    if (misfits.size > 0) {
      const present = new Set(rows.map(({ instrumentId }) => instrumentId));
      for (const id of misfits.keys()) if (!present.has(id)) misfits.delete(id);
    }
    const decided = new Map<number, Decision>();
    const settled: string[] = [];
    for (const [name, listings] of rowsByName(rows)) {
      if (this.#settled.has(name) && isStable(listings, nowMs)) continue;
      const decisions = identify(
        listings.map((row) => candidateOf(row, nowMs)),
        misfits,
        nowMs,
      );
      for (const [id, decision] of decisions) decided.set(id, decision);
      const isSettled = listings.every((row) => {
        const decision = decisions.get(row.instrumentId);
        return !misfits.has(row.instrumentId) && decision !== undefined && isSame(row, decision);
      });
      if (isSettled) settled.push(name);
      else this.#settled.delete(name);
    }
    return { decided, settled };
  }
}

/** Grouped by the common name of their bases. */
function rowsByName(rows: readonly ReviewRow[]): ReadonlyMap<string, readonly ReviewRow[]> {
  const byName = new Map<string, ReviewRow[]>();
  for (const row of rows) {
    const name = commonName(row.base);
    const listings = byName.get(name);
    if (listings === undefined) byName.set(name, [row]);
    else listings.push(row);
  }
  return byName;
}

/** Whether the current prices keep settled listings settled: one asset, all close together. */
function isStable(rows: readonly ReviewRow[], nowMs: number): boolean {
  let assetId: string | null = null;
  let [lowest, highest] = [Number.POSITIVE_INFINITY, 0];
  for (const row of rows) {
    const price = priceOf(row, nowMs);
    if (row.assetId === null) {
      if (price !== null) return false;
      continue;
    }
    assetId ??= row.assetId;
    if (row.assetId !== assetId) return false;
    if (price === null) continue;
    const unitPrice = price / (row.provenMultiplier ?? row.multiplier);
    lowest = Math.min(lowest, unitPrice);
    highest = Math.max(highest, unitPrice);
  }
  return highest <= lowest * (1 + STABLE_WITHIN);
}

/** Null if it is not current: a frozen feed has no current price, whatever time its rows carry. */
function priceOf({ frozen, observedAtMs, price }: ReviewRow, nowMs: number): number | null {
  return frozen === 0 && nowMs - observedAtMs <= PRICE_FRESH_MS ? price : null;
}

function candidateOf(row: ReviewRow, nowMs: number): Candidate {
  const { instrumentId, exchange, base, assetClass, multiplier, openInterestUsd } = row;
  return {
    instrumentId,
    exchange,
    base,
    assetClass,
    isClassByExclusion:
      assetClass === "crypto" && EXCHANGES[exchange].facts.coinsByExclusion === true,
    multiplier,
    price: priceOf(row, nowMs),
    openInterestUsd,
    observedAtMs: row.observedAtMs,
    held: row,
  };
}

function changesOf(
  rows: readonly ReviewRow[],
  decided: ReadonlyMap<number, Decision>,
  marked: ReadonlyMap<number, ImplausibleBits>,
): Omit<ReviewChanges, "rateScales"> {
  const decisions = new Map<number, Decision>();
  const implausible = new Map<number, ImplausibleBits>();
  const exchanges = new Set<ExchangeId>();
  for (const row of rows) {
    const now = decided.get(row.instrumentId);
    if (now !== undefined && !isSame(row, now)) {
      decisions.set(row.instrumentId, now);
      exchanges.add(row.exchange);
    }
    const bits = marked.get(row.instrumentId) ?? 0;
    if (bits !== row.implausible) {
      implausible.set(row.instrumentId, bits);
      exchanges.add(row.exchange);
    }
  }
  return { decisions, implausible, exchanges };
}

function isSame(left: Decision, right: Decision): boolean {
  return (
    left.assetId === right.assetId &&
    left.identity === right.identity &&
    left.provenMultiplier === right.provenMultiplier &&
    left.settledClass === right.settledClass
  );
}

function scaleChanges(
  stored: ReadonlyMap<ExchangeId, number | null>,
  found: ReadonlyMap<string, number | null>,
): ReadonlyMap<ExchangeId, number | null> {
  const changes = new Map<ExchangeId, number | null>();
  for (const [exchange, before] of stored) {
    const scale = found.get(exchange) ?? null;
    const rounded = scale === null ? null : Number(scale.toPrecision(SCALE_DIGITS));
    if (rounded !== before) changes.set(exchange, rounded);
  }
  return changes;
}
