import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { momentsOf } from "../../scripts/demo-past/moments.ts";
import { sampledRecord } from "../../scripts/demo-past/sampled-record.ts";
import { writePast, type WrittenPast } from "../../scripts/demo-past/write-past.ts";
import { MarketReview } from "../../src/collector/market-review.ts";
import { sampleAtOf } from "../../src/db/history/codec/columns.ts";
import { historyFile } from "../../src/db/history/file.ts";
import { PairFrameReader } from "../../src/db/history/pair-frame-repository.ts";
import { SampleReader } from "../../src/db/history/sample-reader.ts";
import type { SampledInstrument } from "../../src/db/history/sampled-refresh.ts";
import { SeriesStates } from "../../src/db/history/series-states.ts";
import { type Series, SeriesRepository } from "../../src/db/history/series-repository.ts";
import { MarketReader } from "../../src/db/market/market-reader.ts";
import { ReviewRepository } from "../../src/db/market/review-repository.ts";
import { flagNames } from "../../src/domain/flags.ts";
import { yieldPctOf } from "../../src/domain/pair-frame.ts";
import { roundedAmount, roundedHours, roundedRate } from "../../src/domain/sample.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { termsOf } from "../../src/exchanges/terms.ts";
import { exchangeLab } from "../support/exchange-lab.ts";
import { memoryLog } from "../support/memory-log.ts";
import { LONG_MS } from "../support/patience.ts";
import { ENABLED } from "../support/service-api.ts";

const HOUR_MS = 3_600_000;
const DAY_S = 86_400;
/** Samples are taken just before full hours. */
const BEFORE_MS = 5_000;
const PERIOD_MS = 60_000;
const NOW_MS = Date.UTC(2026, 9, 20, 12, 34, 56);
/** Enough of the market that all exchanges share assets. */
const SCALE = 0.06;
const SOME_ASSETS = 12;

const folder = mkdtempSync(join(tmpdir(), "funding-finder-past-"));
const path = join(folder, "past.db");
let written: WrittenPast | null = null;

beforeAll(async () => {
  written = await writePast({
    path,
    exchanges: ENABLED.map((id) => EXCHANGES[id]),
    periodMs: PERIOD_MS,
    nowMs: () => NOW_MS,
    days: 1,
    assets: SOME_ASSETS,
    scale: SCALE,
    log: memoryLog(),
    until: new AbortController().signal,
  });
}, LONG_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the history has of the instruments of the past at a moment. */
function storedAt(atMs: number) {
  using db = new Database(historyFile(path).path, { readonly: true });
  const reader = new SampleReader(db);
  const states = new SeriesStates(db);
  const rows = new Map<string, unknown>();
  for (const series of new SeriesRepository(db).all()) {
    const { columns, damages } = reader.read(series, atMs / 1000 - DAY_S, atMs / 1000 + 1);
    expect(damages).toEqual([]);
    const sample = sampleAtOf(columns, atMs / 1000);
    if (sample === null) continue;
    const [state] = states.at([series.id], atMs / 1000);
    const flags = flagNames(state?.flags ?? 0);
    rows.set(nameOf(series), { ...sample, flags, assetId: state?.assetId });
  }
  return rows;
}

function nameOf({ exchange, exchangeSymbol }: Pick<Series, "exchange" | "exchangeSymbol">): string {
  return `${exchange} ${exchangeSymbol}`;
}

/** What the collector samples at a moment: requests, adapters, the batch gate, the database and the review. */
async function collectedAt(atMs: number): Promise<ReadonlyMap<string, unknown>> {
  using lab = exchangeLab(ENABLED, atMs, "whole", SCALE);
  for (const id of ENABLED) expect((await lab.cycle(id)).outcome.kind).toBe("accepted");
  const { db, epochs, reader } = lab.database;
  const epoch = epochs.read()?.epoch ?? 0;
  new MarketReview(new ReviewRepository(db, epochs)).run(epoch, atMs);
  const rows = new Map<string, unknown>();
  for (const id of ENABLED)
    for (const record of reader.readExchange(id)?.rows ?? []) {
      const terms = termsOf(EXCHANGES[id].facts, PERIOD_MS);
      const { series, ...sampled } = sampledRecord(record, atMs, terms);
      rows.set(nameOf(series), roundedAsStored(sampled, atMs));
    }
  return rows;
}

function roundedAsStored(
  { sample, flags, assetId }: Omit<SampledInstrument, "series">,
  atMs: number,
) {
  const amount = (value: number | null): number => roundedAmount(value) ?? Number.NaN;
  return {
    at: atMs / 1000,
    rate: roundedRate(sample.rate),
    intervalHours: roundedHours(sample.intervalHours) ?? Number.NaN,
    nextTime: sample.nextFundingAtMs === null ? Number.NaN : sample.nextFundingAtMs / 1000,
    marketAt: atMs / 1000,
    markPrice: amount(sample.markPrice),
    indexPrice: amount(sample.indexPrice),
    openInterestUsd: amount(sample.openInterestUsd),
    volume24hUsd: amount(sample.volume24hUsd),
    flags: flagNames(flags),
    assetId,
  };
}

describe("the past of the demo", () => {
  test.each([
    ["in the middle of intervals", 11],
    ["just before a settlement", 8],
  ])(
    "has what a collector would have sampled on each exchange: %s",
    async (_, hour) => {
      const atMs = Date.UTC(2026, 9, 20, hour) - BEFORE_MS;
      const stored = storedAt(atMs);
      const collected = await collectedAt(atMs);
      expect(stored.size).toBe(written?.instruments ?? Number.NaN);
      expect(new Set([...stored.keys()].map((name) => name.split(" ")[0])).size).toBe(
        ENABLED.length,
      );
      const differences = [...stored].filter(
        ([name, row]) => !Bun.deepEquals(row, collected.get(name)),
      );
      expect(differences.map(([name, row]) => [name, row, collected.get(name)])).toEqual([]);
    },
    LONG_MS,
  );

  test("is sampled at its first moment, every six hours, and hourly in the last day", () => {
    const hours = momentsOf(NOW_MS, 3).map(
      (atMs) => (NOW_MS - 34 * 60_000 - 56_000 - BEFORE_MS - atMs) / HOUR_MS,
    );
    expect(hours).toEqual([
      72,
      66,
      60,
      54,
      48,
      42,
      36,
      30,
      ...Array.from({ length: 25 }, (_, k) => 24 - k),
    ]);
    expect(
      momentsOf(NOW_MS + 2 * HOUR_MS, 3)
        .slice(0, 3)
        .map((atMs) => new Date(atMs + BEFORE_MS).getUTCHours()),
    ).toEqual([14, 18, 0]);
  });

  test("begins when its instruments were first seen, and ends one period ago with all of the market", () => {
    using market = new Database(path, { readonly: true });
    const reader = new MarketReader(market);
    const records = ENABLED.flatMap((id) => reader.readExchange(id)?.rows ?? []);
    const firstMs = Date.UTC(2026, 9, 19, 12) - BEFORE_MS;
    expect(new Set(records.map(({ firstSeenMs }) => firstSeenMs))).toEqual(new Set([firstMs]));
    expect(records.length).toBeGreaterThan(2 * (written?.instruments ?? Number.NaN));
    using db = new Database(historyFile(path).path, { readonly: true });
    expect(
      new SeriesRepository(db)
        .all()
        .map(({ uid }) => uid)
        .toSorted(),
    ).toEqual(records.map(({ uid }) => uid).toSorted());
    const samples = new SampleReader(db);
    const btc = new SeriesRepository(db).all().find((row) => nameOf(row) === "okx BTC-USDT-SWAP");
    const times = btc === undefined ? [] : [...samples.read(btc, 0, 4e9).columns.times];
    expect(times).toEqual([
      ...Array.from({ length: 25 }, (_, hour) => firstMs / 1000 + hour * 3600),
      Math.floor((NOW_MS - PERIOD_MS) / 1000),
    ]);
  });

  test("has the open pairs of each moment, since they were met first, and leaves them to the service", () => {
    using db = new Database(historyFile(path).path, { readonly: true });
    const damages: string[] = [];
    const frames = [...new PairFrameReader(db).read(0, 4e9, (_, reason) => damages.push(reason))];
    expect(damages).toEqual([]);
    expect(frames).toHaveLength(25);
    let since = new Map<string, number>();
    let lasting = 0;
    const wrong: unknown[] = [];
    for (const { at, longIds, shortIds, firstSeen, steps } of frames) {
      const open = new Map<string, number>();
      for (const [index, longId] of longIds.entries()) {
        const pair = `${longId} ${shortIds[index]}`;
        const firstAt = firstSeen[index] ?? 0;
        open.set(pair, firstAt);
        // One that was not met at the moment before begins anew.
        const isRight =
          firstAt === (since.get(pair) ?? at - BEFORE_MS / 1000) &&
          yieldPctOf(steps[index] ?? 0) >= 5;
        if (!isRight) wrong.push([at, pair, firstAt, since.get(pair)]);
        if (since.has(pair)) lasting += 1;
      }
      since = open;
    }
    expect(wrong).toEqual([]);
    expect(lasting).toBeGreaterThan(1_000);
    using market = new Database(path, { readonly: true });
    const reader = new MarketReader(market);
    const records = ENABLED.flatMap((id) => reader.readExchange(id)?.rows ?? []);
    const instruments = new Map(records.map(({ uid, instrumentId }) => [uid, instrumentId]));
    const idOf = new Map(
      new SeriesRepository(db).all().map(({ id, uid }) => [id, instruments.get(uid) ?? 0]),
    );
    const book = reader.read(() => false)?.opportunities;
    const ages = [...since].flatMap(([pair, firstAt]) => {
      const [long = 0, short = 0] = pair.split(" ").map((id) => idOf.get(Number(id)));
      const found = book?.find(long, short) ?? null;
      return found === null ? [] : [[found.firstSeenMs, found.unobservedMs, firstAt * 1000]];
    });
    // Some have ended since the last full hour.
    expect(ages.length).toBeGreaterThan(0.8 * since.size);
    expect(
      ages.filter(([firstMs, unobservedMs, knownMs]) => firstMs !== knownMs || unobservedMs !== 0),
    ).toEqual([]);
  });

  test("is not written to its end when it is interrupted", async () => {
    const interrupted = new AbortController();
    let asked = 0;
    const outcome = await writePast({
      path: join(folder, "interrupted.db"),
      exchanges: [EXCHANGES.okx],
      periodMs: PERIOD_MS,
      // Asked for again when the exchange is refreshed for the last time.
      nowMs: () => {
        asked += 1;
        if (asked === 2) interrupted.abort();
        return NOW_MS;
      },
      days: 1,
      assets: SOME_ASSETS,
      scale: SCALE,
      log: memoryLog(),
      until: interrupted.signal,
    });
    expect([outcome, asked > 1]).toEqual([null, true]);
  });
});
