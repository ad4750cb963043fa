import type { LegRecord } from "../db/market/leg-repository.ts";
import type { ExchangeId } from "../domain/exchange.ts";
import { trustedUntilMs } from "../domain/flags.ts";
import { annualizedPct } from "../domain/funding.ts";
import { knownAssetOf, unitPriceOf } from "../domain/leg.ts";
import type { OpportunityLeg } from "../domain/opportunity.ts";
import { INSTRUMENT_ID_BOUND } from "../domain/opportunity-columns.ts";
import { OpenPairs } from "./open-pairs.ts";

/** One instrument as of its exchange's last commit. */
export interface MarketLeg extends OpportunityLeg {
  readonly id: number;
  /** Empty while only its id is known. */
  exchange: ExchangeId | "";
  /** Null if it is unknown or the instrument is not listed. */
  asset: Asset | null;
  annualizedPct: number | null;
  unitPrice: number | null;
  /** Unix milliseconds; null while it is not listed. */
  observedAtMs: number | null;
  trustedUntilMs: number;
  /** As of the last call of `judge`. */
  isTrusted: boolean;
  /** Whether it has changed since the last check. */
  isChanged: boolean;
  /** Its values at the last check; null if it was not trusted then. */
  seen: OpportunityLeg | null;
  /** The open pairs whose long leg it is. */
  readonly pairs: OpenPairs;
}

interface Asset {
  readonly id: string;
  /** Ordered by id. */
  readonly legs: MarketLeg[];
}

/** The result of judging all legs. */
export interface Judgement {
  readonly trusted: number;
  /** Legs that are not blocked but cannot be trusted because their id is out of range. */
  readonly omitted: number;
  /** Whether any leg became trusted or lost trust. */
  readonly hasChanged: boolean;
}

/** All listings by asset, updated exchange by exchange. */
export class MarketLegs {
  readonly #legs = new Map<number, MarketLeg>();
  readonly #assets = new Map<string, Asset>();
  readonly #listed = new Map<ExchangeId, readonly MarketLeg[]>();

  all(): Iterable<MarketLeg> {
    return this.#legs.values();
  }

  find(id: number): MarketLeg | undefined {
    return this.#legs.get(id);
  }

  /** The leg with this id, created unlisted if it does not exist yet. */
  at(id: number): MarketLeg {
    let leg = this.#legs.get(id);
    if (leg === undefined) {
      leg = {
        id,
        exchange: "",
        asset: null,
        annualizedPct: null,
        unitPrice: null,
        observedAtMs: null,
        trustedUntilMs: Number.NEGATIVE_INFINITY,
        isTrusted: false,
        isChanged: true,
        seen: null,
        pairs: new OpenPairs(),
      };
      this.#legs.set(id, leg);
    }
    return leg;
  }

  /**
   * Replaces the listings of an exchange that is refreshed every `periodMs`; others of it become unlisted. Pairs that
   * are separated by this count as missing since `metAt`, the last check.
   */
  reload(
    exchange: ExchangeId,
    records: readonly LegRecord[],
    periodMs: number,
    metAt: number,
  ): void {
    const listed = records.map((record) => {
      const leg = this.at(record.instrumentId);
      this.#move(leg, knownAssetOf(record), metAt);
      update(leg, exchange, record, periodMs);
      return leg;
    });
    const stays = new Set(listed);
    for (const leg of this.#listed.get(exchange) ?? []) {
      if (stays.has(leg)) continue;
      this.#move(leg, null, metAt);
      leg.observedAtMs = null;
    }
    this.#listed.set(exchange, listed);
  }

  /** Determines for every leg whether it is trusted at `asOfMs`. */
  judge(asOfMs: number): Judgement {
    let [trusted, omitted, hasChanged] = [0, 0, false];
    for (const leg of this.#legs.values()) {
      const isUnblocked = leg.asset !== null && asOfMs <= leg.trustedUntilMs;
      const isTrusted = isUnblocked && leg.id < INSTRUMENT_ID_BOUND;
      if (isTrusted) trusted += 1;
      else if (isUnblocked) omitted += 1;
      if (isTrusted === leg.isTrusted) continue;
      leg.isTrusted = isTrusted;
      leg.isChanged = true;
      hasChanged = true;
    }
    return { trusted, omitted, hasChanged };
  }

  /** Called after a check: resets the leg's change mark, and removes it if it is neither listed nor in a pair. */
  settle(leg: MarketLeg): void {
    if (leg.isChanged) {
      const { exchange, annualizedPct: yearlyPct, unitPrice, isTrusted } = leg;
      leg.seen = isTrusted ? { exchange, annualizedPct: yearlyPct, unitPrice } : null;
      leg.isChanged = false;
    }
    if (leg.observedAtMs === null && leg.pairs.count === 0) this.#legs.delete(leg.id);
  }

  #move(leg: MarketLeg, assetId: string | null, metAt: number): void {
    if ((leg.asset?.id ?? null) === assetId) return;
    if (leg.asset !== null) {
      const { id, legs } = leg.asset;
      legs.splice(legs.indexOf(leg), 1);
      for (const other of legs) {
        leg.pairs.miss(other.id, metAt);
        other.pairs.miss(leg.id, metAt);
      }
      if (legs.length === 0) this.#assets.delete(id);
    }
    leg.asset = assetId === null ? null : this.#asset(assetId);
    leg.isTrusted = false;
    leg.isChanged = true;
    if (leg.asset === null) return;
    const { legs } = leg.asset;
    legs.splice(legs.findLastIndex(({ id }) => id < leg.id) + 1, 0, leg);
  }

  #asset(id: string): Asset {
    let asset = this.#assets.get(id);
    if (asset === undefined) {
      asset = { id, legs: [] };
      this.#assets.set(id, asset);
    }
    return asset;
  }
}

function update(leg: MarketLeg, exchange: ExchangeId, record: LegRecord, periodMs: number): void {
  const yearlyPct = annualizedPct(record.fundingRate, record.fundingIntervalHours);
  const { unitPrice } = unitPriceOf(record);
  if (leg.annualizedPct !== yearlyPct || leg.unitPrice !== unitPrice) leg.isChanged = true;
  leg.exchange = exchange;
  leg.annualizedPct = yearlyPct;
  leg.unitPrice = unitPrice;
  leg.observedAtMs = record.observedAtMs;
  leg.trustedUntilMs = trustedUntilMs(record, periodMs);
}
