import type { Database } from "bun:sqlite";
import { expect } from "bun:test";
import { type SampleColumns, valueAt } from "../../src/db/history/codec/columns.ts";
import { SampleReader } from "../../src/db/history/sample-reader.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { roundedRate, type Sample } from "../../src/domain/sample.ts";
import { sampleOf } from "./sampled-market.ts";

/** A refresh that was stored, unix seconds. */
export interface StoredRefresh {
  readonly exchange: ExchangeId;
  readonly at: number;
}

const END_OF_TIME_S = 4e9;

/** Columns as rows, without prices and amounts. */
function rowsIn({ times, rates, intervals, nextTimes }: SampleColumns) {
  return [...times].map((at, index) => [
    at,
    rates[index],
    valueAt(intervals, index),
    valueAt(nextTimes, index),
  ]);
}

/** The row of a sample as it was stored. */
export function rowOf(at: number, sample: Sample) {
  const next = sample.nextFundingAtMs;
  return [
    at,
    roundedRate(sample.rate),
    sample.intervalHours ?? Number.NaN,
    next === null ? Number.NaN : next / 1000,
  ];
}

/** Everything that can be read of each series of a made-up market equals what was stored, from a time on. */
export function expectEverySample(db: Database, stored: readonly StoredRefresh[], from = 0): void {
  const reader = new SampleReader(db);
  const series = db
    .query<{ id: number; exchange: ExchangeId; base: string }, []>(
      "SELECT id, exchange, base FROM series",
    )
    .all();
  for (const one of series) {
    const { columns, damages } = reader.read(one, from, END_OF_TIME_S);
    expect(damages).toEqual([]);
    const expected = stored.flatMap(({ exchange, at }) => {
      if (exchange !== one.exchange || at < from) return [];
      const sample = sampleOf(`${exchange} ${one.base}`, at);
      return sample === null ? [] : [rowOf(at, sample)];
    });
    expect(rowsIn(columns)).toEqual(expected);
  }
}
