import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { historyFile } from "../../src/db/history/file.ts";
import { PairFrameReader } from "../../src/db/history/pair-frame-repository.ts";
import { SampleReader } from "../../src/db/history/sample-reader.ts";
import { SeriesRepository } from "../../src/db/history/series-repository.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { startDemo } from "../support/demo-process.ts";
import { LONG_MS } from "../support/patience.ts";
import { temporaryDatabasePath, until } from "../support/service.ts";
import { allShown, answerOf, fundingAt } from "../support/service-api.ts";

const ROOT = join(import.meta.dir, "../..");
const HOUR_S = 3_600;

/** In bulk, in percent, as amounts, continuous, one by one. */
const SOME = [
  "bybit",
  "okx",
  "kraken",
  "deribit",
  "poloniex",
] as const satisfies readonly ExchangeId[];
const SETTINGS = { EXCHANGES: SOME.join(","), REFRESH_SECONDS: "2", DEMO_PAST_DAYS: "1" };

interface ArbRow {
  readonly first_seen_at: number | null;
}

/** The number of samples of each listing, before and after a time. */
function samplesAround(path: string, atS: number) {
  using db = new Database(historyFile(path).path, { readonly: true });
  const reader = new SampleReader(db);
  const all = new SeriesRepository(db).all();
  return SOME.flatMap((exchange) => {
    const listed = all.filter((series) => series.exchange === exchange);
    const ids = listed.map(({ id }) => id);
    const { each, damages } = reader.ratesOfEach(exchange, ids, 0, 4e9);
    expect(damages).toEqual([]);
    return listed.map(({ uid, exchangeSymbol }, index) => {
      const times = each[index]?.times ?? new Float64Array();
      const before = times.filter((time) => time < atS).length;
      return { uid, name: `${exchange} ${exchangeSymbol}`, before, after: times.length - before };
    });
  });
}

test(
  "make demo writes a past before its first start, and the service goes on with the same instruments",
  async () => {
    using database = temporaryDatabasePath();
    const startedS = Date.now() / 1000;
    let lines: string;
    {
      await using demo = await startDemo({ DATABASE_PATH: database.path, ...SETTINGS });
      lines = demo.output();
      await allShown(demo.address, SOME);
      // What was sampled before the demo started is its past: that ends just before the last full hour.
      let around = samplesAround(database.path, startedS);
      await until(
        () => {
          around = samplesAround(database.path, startedS);
          return around.length > 0 && around.every(({ after }) => after > 0);
        },
        () => JSON.stringify(around.filter(({ after }) => after === 0).slice(0, 3)),
      );
      // One series for each listing, the one that is served.
      const served = await fundingAt(demo.address);
      expect(around.map(({ uid }) => uid).toSorted()).toEqual(
        served.rows.map(({ uid }) => uid).toSorted(),
      );
      expect(new Set(around.map(({ name }) => name)).size).toBe(around.length);
      const withPast = around.filter(({ before }) => before >= 25);
      expect(withPast.length).toBeGreaterThan(500);
      const { rows } = await answerOf<{ rows: readonly ArbRow[] }>(
        demo.address,
        "/api/funding/arb?limit=200",
      );
      const ages = rows.map((row) => startedS - (row.first_seen_at ?? startedS));
      expect(Math.max(...ages)).toBeGreaterThan(23 * HOUR_S);
      using db = new Database(historyFile(database.path).path, { readonly: true });
      expect([...new PairFrameReader(db).read(0, 4e9, () => {})].length).toBeGreaterThanOrEqual(25);
    }
    expect(lines).toMatch(/Wrote 1 day of samples and opportunities in \d+ s: [\d,]+ samples/);
    await using again = await startDemo({ DATABASE_PATH: database.path, ...SETTINGS });
    expect(again.output()).not.toMatch(/Writ|Wrote/);
  },
  LONG_MS,
);

test(
  "an interrupted past leaves nothing behind",
  async () => {
    using database = temporaryDatabasePath();
    const child = Bun.spawn([process.execPath, join(ROOT, "scripts/demo-past.ts")], {
      cwd: ROOT,
      env: {
        PATH: process.env["PATH"] ?? "",
        DATABASE_PATH: database.path,
        EXCHANGES: "okx,bybit",
      },
      stdout: "pipe",
      stderr: "pipe",
    });
    const folder = `${database.path}.past`;
    await until(
      () => existsSync(historyFile(join(folder, "service.db")).path) || child.exitCode !== null,
      () => "the past was not begun",
    );
    child.kill("SIGINT");
    const output = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    expect(output).toEqual([expect.not.stringContaining("Wrote"), "", 0]);
    expect([folder, database.path].filter((path) => existsSync(path))).toEqual([]);
  },
  LONG_MS,
);
