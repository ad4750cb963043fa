import type { ReviewChanges, ReviewRepository, ReviewRow } from "../db/market/review-repository.ts";
import type { Candidate, Decision } from "../domain/asset-cluster.ts";
import { commonName } from "../domain/asset-names.ts";
import { EXCHANGES } from "../exchanges/registry.ts";
import type { ExchangeId } from "../domain/exchange.ts";
import { type Doubts, identify } from "../domain/identity.ts";
import { doubtsOfMarket, type DoubtBits } from "../domain/plausibility.ts";

/** Prices that are further apart in time than this are not compared. */
const PRICE_FRESH_MS = 120_000;

/** Scales are told with two digits: enough to see 8, 100 or 10,000, and stored only when that changes. */
const SCALE_DIGITS = 2;

/**
 * Looks at all exchanges at once: which listings are one asset, and which numbers cannot be. What it decides is
 * stored beside the rows, so that every process shows the same. How long a doubt has lasted is kept here.
 */
export class MarketReview {
  readonly #repository: ReviewRepository;
  #doubts: Doubts = new Map();

  constructor(repository: ReviewRepository) {
    this.#repository = repository;
  }

  /**
   * Reviews the market as of `nowMs`; returns how many rows changed. Throws EpochLost as every write does; whatever
   * it throws, the same review run again decides the same.
   */
  run(epoch: number, nowMs: number): number {
    const rows = this.#repository.rows();
    const doubts: Doubts = new Map(this.#doubts);
    const decided = identifyAll(rows, doubts, nowMs);
    const doubted = doubtsOfMarket(
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
    const changes = changesOf(rows, decided, doubted.rows);
    const rateScales = scaleChanges(this.#repository.rateScales(), doubted.rateScale);
    const count = changes.decisions.size + changes.doubts.size;
    if (count + rateScales.size > 0)
      this.#repository.store(epoch, { ...changes, rateScales }, nowMs);
    // Only what was stored counts as acted on.
    this.#doubts = doubts;
    return count;
  }
}

function identifyAll(
  rows: readonly ReviewRow[],
  doubts: Doubts,
  nowMs: number,
): Map<number, Decision> {
  const byName = new Map<string, Candidate[]>();
  const present = new Set<number>();
  for (const row of rows) {
    present.add(row.instrumentId);
    const name = commonName(row.base);
    const listings = byName.get(name);
    if (listings === undefined) byName.set(name, [candidateOf(row, nowMs)]);
    else listings.push(candidateOf(row, nowMs));
  }
  for (const id of doubts.keys()) if (!present.has(id)) doubts.delete(id);
  const decided = new Map<number, Decision>();
  for (const listings of byName.values()) {
    for (const [id, decision] of identify(listings, doubts, nowMs)) decided.set(id, decision);
  }
  return decided;
}

function candidateOf(row: ReviewRow, nowMs: number): Candidate {
  const { instrumentId, exchange, base, assetClass, multiplier, openInterestUsd } = row;
  // A feed that stands still has no price of now, whatever time its rows are given.
  const isFresh = row.frozen === 0 && nowMs - row.observedAtMs <= PRICE_FRESH_MS;
  return {
    instrumentId,
    exchange,
    base,
    assetClass,
    isClassByExclusion:
      assetClass === "crypto" && EXCHANGES[exchange].facts.coinsByExclusion === true,
    multiplier,
    price: isFresh ? row.price : null,
    openInterestUsd,
    observedAtMs: row.observedAtMs,
    held: row,
  };
}

function changesOf(
  rows: readonly ReviewRow[],
  decided: ReadonlyMap<number, Decision>,
  doubted: ReadonlyMap<number, DoubtBits>,
): Omit<ReviewChanges, "rateScales"> {
  const decisions = new Map<number, Decision>();
  const doubts = new Map<number, DoubtBits>();
  const exchanges = new Set<ExchangeId>();
  for (const row of rows) {
    const now = decided.get(row.instrumentId);
    if (now !== undefined && !isSame(row, now)) {
      decisions.set(row.instrumentId, now);
      exchanges.add(row.exchange);
    }
    const bits = doubted.get(row.instrumentId) ?? 0;
    if (bits !== row.doubts) {
      doubts.set(row.instrumentId, bits);
      exchanges.add(row.exchange);
    }
  }
  return { decisions, doubts, exchanges };
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
    const told = scale === null ? null : Number(scale.toPrecision(SCALE_DIGITS));
    if (told !== before) changes.set(exchange, told);
  }
  return changes;
}
