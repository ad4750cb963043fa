import type { Database } from "bun:sqlite";
import { HistoryEpochRepository } from "../../src/db/history/epoch-repository.ts";
import { RollUp, type RollUpDeps } from "../../src/db/history/roll-up/roll-up.ts";
import {
  type RemovedSamples,
  type SampledTime,
  SampleWriter,
} from "../../src/db/history/sample-writer.ts";
import { refreshOf, type SampledInstrument } from "../../src/db/history/sampled-refresh.ts";
import { SeriesRepository } from "../../src/db/history/series-repository.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { Sample } from "../../src/domain/sample.ts";
import { seriesOf } from "./history.ts";

export const PROGRAM_VERSION = "1.2.3";

/** A whole number from 0 to `below`, the same for the same inputs. */
export function draw(below: number, ...of: readonly (number | string)[]): number {
  return Number(Bun.hash.xxHash64(of.join(" ")) % BigInt(below));
}

/** What an instrument of a made-up market shows at a time, in unix seconds; null: it is not in the batch. */
export function sampleOf(base: string, atS: number): Sample | null {
  const hour = Math.floor(atS / 3600);
  // Some are not listed for hours, some miss a batch.
  if (draw(12, base, "absent", Math.floor(hour / 5)) === 0 || draw(40, base, atS) === 0)
    return null;
  const intervalHours =
    [8, 4, 1, null][draw(40, base, "interval", hour) % 37 === 0 ? 3 : draw(3, base)] ?? null;
  const everyS = (intervalHours ?? 8) * 3600;
  const price = (1 + draw(1000, base)) * (1 + draw(1000, base, hour) / 1e5);
  return {
    rate:
      (draw(200, base, hour) - 100 + draw(3, base, atS)) / 1e6 + draw(10, base, atS, "fine") / 1e9,
    intervalHours,
    nextFundingAtMs: (Math.floor(atS / everyS) + 1) * everyS * 1000,
    markPrice: draw(50, base, "no mark", hour) === 0 ? null : price,
    indexPrice: price * (1 + draw(100, base, atS) / 1e6),
    openInterestUsd: price * draw(1e9, base, atS),
    volume24hUsd: draw(2, base) === 0 ? null : price * draw(1e9, base, hour),
  };
}

/** A sample of which only the rate, its interval and a mark price are known. */
export function plainSample(changes: Partial<Sample> = {}): Sample {
  return {
    rate: 0.0001,
    intervalHours: 8,
    nextFundingAtMs: null,
    markPrice: 68_000.5,
    indexPrice: null,
    openInterestUsd: null,
    volume24hUsd: null,
    ...changes,
  };
}

/** A batch of such a market. */
export function batchOf(
  exchange: ExchangeId,
  bases: readonly string[],
  atS: number,
): readonly SampledInstrument[] {
  return bases.flatMap((base) => {
    const sample = sampleOf(`${exchange} ${base}`, atS);
    if (sample === null) return [];
    const series = seriesOf(base, { uid: `${exchange}-${base}`, exchange });
    const flags = draw(5, base, Math.floor(atS / 7200));
    return [{ series, sample, flags, assetId: draw(3, base) === 0 ? null : base }];
  });
}

/** What stands for the instruments of a batch: the same object as long as they are the same objects. */
class LastListings {
  readonly #last = new Map<ExchangeId, readonly SampledInstrument[]>();
  readonly #tokens = new Map<ExchangeId, object>();

  of(exchange: ExchangeId, instruments: readonly SampledInstrument[]): object {
    const last = this.#last.get(exchange);
    const known = this.#tokens.get(exchange);
    const isSame =
      last?.length === instruments.length &&
      instruments.every(
        ({ series, assetId }, place) =>
          series === last[place]?.series && assetId === last[place].assetId,
      );
    this.#last.set(exchange, instruments);
    if (isSame && known !== undefined) return known;
    const token = {};
    this.#tokens.set(exchange, token);
    return token;
  }
}

/** What writes samples, as the collector does. */
export function samplingInto(db: Database, changes: Partial<RollUpDeps> = {}) {
  const epochs = new HistoryEpochRepository(db);
  const epoch = epochs.takeOver();
  const series = new SeriesRepository(db);
  const listings = new LastListings();
  const removed: (RemovedSamples & { readonly exchange: ExchangeId })[] = [];
  const writer = new SampleWriter(db, {
    epochs,
    series,
    programVersion: PROGRAM_VERSION,
    onRemoved: (exchange, samples) => removed.push({ exchange, ...samples }),
  });
  const rollUp = new RollUp(db, {
    write: (work) => epochs.write(epoch, work),
    programVersion: PROGRAM_VERSION,
    retention: { samplesDays: null, settlementsDays: null },
    // Tests pass months at once.
    longestJumpS: Number.POSITIVE_INFINITY,
    onDamage: (exchange, damage) => {
      throw new Error(`${exchange}: ${damage.reason}`);
    },
    onFailure: (_, error) => {
      throw error;
    },
    ...changes,
  });
  return {
    epochs,
    epoch,
    series,
    rollUp,
    removed,
    writer,
    /** Writes a batch that describes its instruments, as long as they are not the very same as in the one before. */
    write: (
      exchange: ExchangeId,
      atS: number,
      instruments: readonly SampledInstrument[],
      time?: SampledTime,
    ) =>
      writer.write(
        epoch,
        exchange,
        atS * 1000,
        refreshOf(instruments, listings.of(exchange, instruments)),
        time,
      ),
    /** Does everything that is due at a time. */
    rollUpAll: (atS: number) => {
      while (rollUp.step(atS * 1000) === "more");
    },
  };
}

/** What a child that is killed samples: every ten virtual minutes, so that it gets through months. */
export const KILLED_EXCHANGES = ["okx", "bybit"] as const;
export const KILLED_BASES = ["BTC", "ETH", "SOL", "DOGE", "PEPE", "XRP", "ADA", "TON", "SUI"];
export const KILLED_EVERY_S = 600;
