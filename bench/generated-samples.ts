/** Instruments whose rates and prices move as real ones do, one minute after the other. */
import type { SampledInstrument } from "../src/db/history/sampled-refresh.ts";
import type { SeriesDescription } from "../src/db/history/series-repository.ts";
import type { ExchangeId } from "../src/domain/exchange.ts";
import { Market } from "../src/simulator/running-market.ts";
import type { ExchangeName } from "../src/simulator/listing.ts";
import { seriesOf } from "../test/support/history.ts";

/** What an exchange's refresh shows at a time, in unix seconds. */
export type RefreshAt = (atS: number) => readonly SampledInstrument[];

/** Of each exchange, by its id. */
export type GeneratedMarket = ReadonlyMap<ExchangeId, RefreshAt>;

const MINUTE_S = 60;
const INTERVAL_S = 8 * 3600;
const INTEREST = 0.0001;
const MAX_DISTANCE = 0.0005;

/** Uniform numbers from 0 to 1, the same for the same seed. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * `running`: estimates as most exchanges publish them, the mean premium since the last settlement, with the usual clamp
 * around the interest rate, in eight decimals; half of the instruments stay within the clamp. `moving`: rates that are
 * another number each minute, in eight decimals.
 */
export type RateKind = "running" | "moving";

class GeneratedInstrument {
  readonly #normal: () => number;
  readonly #kind: RateKind;
  readonly #series;
  readonly #bias: number;
  /** A mark price has five to seven significant digits, amounts have all of theirs. */
  readonly #digits: number;
  #premium: number;
  #sum = 0;
  #count = 0;
  #rate: number;
  #price: number;
  #openInterestUsd: number;
  #volumeUsd: number;

  constructor(exchange: ExchangeId, index: number, kind: RateKind, seed: number) {
    const random = uniform(seed);
    this.#normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    this.#kind = kind;
    this.#series = seriesOf(`C${index}`, { uid: `${exchange}-${index}`, exchange });
    this.#bias = (random() < 0.5 ? 1e-4 : 8e-4) * this.#normal();
    this.#digits = 5 + Math.floor(3 * random());
    this.#premium = this.#bias;
    this.#rate = INTEREST * this.#normal();
    this.#price = Math.exp(4 * this.#normal());
    this.#openInterestUsd = 1e7 * Math.exp(2 * this.#normal());
    this.#volumeUsd = 3 * this.#openInterestUsd;
  }

  at(atS: number): SampledInstrument {
    const normal = this.#normal;
    if (atS % INTERVAL_S < MINUTE_S) [this.#sum, this.#count] = [0, 0];
    this.#premium += 0.05 * (this.#bias - this.#premium) + 4e-5 * normal();
    this.#sum += this.#premium;
    this.#count += 1;
    this.#rate += 0.02 * (INTEREST - this.#rate) + 5e-7 * normal();
    this.#price *= Math.exp(0.0006 * normal());
    this.#openInterestUsd *= Math.exp(0.0008 * normal());
    this.#volumeUsd *= Math.exp(0.0015 * normal());
    const mean = this.#sum / this.#count;
    const clamped = Math.max(-MAX_DISTANCE, Math.min(MAX_DISTANCE, INTEREST - mean));
    const rate = this.#kind === "running" ? mean + clamped : this.#rate;
    const index = this.#price * (1 + 2e-4 * normal());
    const sample = {
      rate: Number(rate.toFixed(8)),
      intervalHours: INTERVAL_S / 3600,
      nextFundingAtMs: (Math.floor(atS / INTERVAL_S) + 1) * INTERVAL_S * 1000,
      markPrice: Number(this.#price.toPrecision(this.#digits)),
      indexPrice: Number(index.toPrecision(this.#digits)),
      openInterestUsd: this.#openInterestUsd,
      volume24hUsd: this.#volumeUsd,
    };
    return { series: this.#series, sample, flags: 0, assetId: this.#series.base };
  }
}

/** A market of so many exchanges with so many instruments each. */
export function generatedMarket(
  kind: RateKind,
  exchanges: readonly ExchangeId[],
  perExchange: number,
): GeneratedMarket {
  return new Map(
    exchanges.map((exchange, n) => {
      const instruments = Array.from(
        { length: perExchange },
        (_, index) => new GeneratedInstrument(exchange, index, kind, 1 + n * perExchange + index),
      );
      return [exchange, (atS: number) => instruments.map((one) => one.at(atS))] as const;
    }),
  );
}

/** Exchanges of the simulator, as a correct reader sees them. */
export function simulatedMarket(exchanges: readonly ExchangeName[]): GeneratedMarket {
  let nowMs = 0;
  const market = new Market({ nowMs: () => nowMs });
  const known = new Map<string, SeriesDescription>();
  const described = (exchange: ExchangeName, base: string, exchangeSymbol: string) => {
    const uid = `${exchange}-${exchangeSymbol}`;
    const series = known.get(uid) ?? seriesOf(base, { uid, exchange, exchangeSymbol });
    known.set(uid, series);
    return series;
  };
  return new Map(
    exchanges.map((exchange) => [
      exchange,
      (atS: number) => {
        nowMs = atS * 1000;
        return market.truth(exchange).instruments.map((one) => ({
          series: described(exchange, one.base, one.exchange_symbol),
          sample: {
            rate: one.funding_rate,
            intervalHours: one.funding_interval_hours,
            nextFundingAtMs: one.next_funding_time === null ? null : one.next_funding_time * 1000,
            markPrice: one.mark_price,
            indexPrice: one.index_price,
            openInterestUsd: one.open_interest_usd,
            volume24hUsd: one.volume_24h_usd,
          },
          flags: 0,
          assetId: one.base,
        }));
      },
    ]),
  );
}
