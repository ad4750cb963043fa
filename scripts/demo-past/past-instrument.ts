import type { MarketRecord } from "../../src/domain/market.ts";
import {
  type ImplausibleBits,
  implausibleInRow,
  withoutImplausible,
} from "../../src/domain/plausibility.ts";
import type { TrueInstrument } from "../../src/simulator/truth.ts";

/** What the market holds of an instrument; the numbers are those of one moment after the other. */
type ChangingRecord = { -readonly [Field in keyof MarketRecord]: MarketRecord[Field] };

/** An instrument of the past, as the market would have had it at each of its moments. */
export class PastInstrument {
  readonly #record: ChangingRecord;
  /** What the review of the market found; what a row shows by itself changes with it. */
  readonly #byMarket: ImplausibleBits;

  /** `record`: of the first moment, after the review. */
  constructor(record: MarketRecord) {
    this.#record = { ...record };
    const { volume24hUsd, openInterestUsd, implausible } = record;
    this.#byMarket = implausible & ~implausibleInRow(volume24hUsd, openInterestUsd);
  }

  get record(): MarketRecord {
    return this.#record;
  }

  /** Takes what a correct reader shows at `atMs`. */
  take(shown: TrueInstrument, atMs: number): void {
    const record = this.#record;
    record.fundingRate = shown.funding_rate;
    record.fundingIntervalHours = shown.funding_interval_hours;
    record.nextFundingAtMs = msOf(shown.next_funding_time);
    record.settledRate = shown.settled_rate;
    record.settledAtMs = msOf(shown.settled_at);
    record.markPrice = shown.mark_price;
    record.indexPrice = shown.index_price;
    record.lastPrice = shown.last_price;
    record.settling = shown.settling;
    record.observedAtMs = atMs;
    const quantities = {
      volume24hUsd: shown.volume_24h_usd,
      openInterestUsd: shown.open_interest_usd,
    };
    Object.assign(record, withoutImplausible(quantities, this.#byMarket));
  }
}

function msOf(seconds: number | null): number | null {
  return seconds === null ? null : seconds * 1000;
}
