import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { flagBit } from "../../src/domain/flags.ts";
import type { BoardRow } from "../../src/domain/market.ts";
import { createMetrics, type Metrics } from "../../src/http/metrics/metrics.ts";
import { healthOf, noStreams, testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { type Family, parseExposition, type Sample } from "../support/exposition.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { NOON_MS } from "../support/quote.ts";

type MetricsDeps = Parameters<typeof createMetrics>[0];

function metricsOf(board: TestBoard, more: Partial<MetricsDeps> = {}): Metrics {
  const health = () => healthOf(board);
  const clock = new ManualClock(NOON_MS);
  return createMetrics({ board, health, clock, streams: noStreams, ...more });
}

async function scraped(board: TestBoard, more: Partial<MetricsDeps> = {}): Promise<Family[]> {
  const served = testApp(board, { metrics: metricsOf(board, more) });
  await served.get("/api/funding/current");
  await served.get("/api/funding/symbol/NOPE");
  return parseExposition(await (await served.get("/metrics")).text());
}

function samplesOf(families: readonly Family[], name: string): readonly Sample[] {
  const family = families.find((one) => one.name === name);
  if (family === undefined) throw new Error(`no metric ${name}`);
  return family.samples;
}

const valueOf = (families: readonly Family[], name: string): number | undefined =>
  samplesOf(families, name)[0]?.value;

const boardOf = (...rows: BoardRow[]): TestBoard => new TestBoard(snapshotOf("1-1", rows));

const everything = {
  databaseSizes: () => Promise.resolve([{ name: "market", dataBytes: 4_096, walBytes: 32 }]),
  opportunities: () => ({ pairs: 3, leftOut: { pairs: 0, listings: 0 } }),
  logLinesDropped: () => 2,
  bases: ["BTC"],
} satisfies Partial<MetricsDeps>;

describe("the text of /metrics", () => {
  test("conforms strictly to the format, whatever an exchange calls its listings", async () => {
    const odd = ['a"b', "a\\b", "a\nb", "a}b", "a,b=", "币安"];
    const rows = odd.map((exchangeSymbol) => rowOf("okx", "BTC", { exchangeSymbol }));
    const families = await scraped(boardOf(...rows), everything);
    const shown = samplesOf(families, "funding_rate_annualized_percent");
    expect(shown.map(({ labels }) => labels["exchange_symbol"]).toSorted()).toEqual(odd.toSorted());
  });

  test("has every metric that docs/metrics.md describes, and no other", async () => {
    const page = readFileSync(join(import.meta.dir, "../../docs/metrics.md"), "utf8");
    const rows = [...page.matchAll(/^\| `(\w+)` *\| (\w+) *\| (.*?) *\| (.*?) *\|$/gm)].map(
      ([, name, type, labels, help]) => ({ name, type, labels, help }),
    );
    const families = await scraped(boardOf(rowOf("okx", "BTC")), everything);
    const described = families.map(({ name, type, help }) => ({ name, type, help }));
    expect(rows.map(({ name, type, help }) => ({ name, type, help }))).toEqual(described);
    const labelsOf = ({ samples }: Family): string =>
      Object.keys(samples.find(({ name }) => !name.endsWith("_bucket"))?.labels ?? {})
        .map((label) => `\`${label}\``)
        .join(", ");
    for (const [n, family] of families.entries())
      if (family.samples.length > 0)
        expect([family.name, rows[n]?.labels]).toEqual([family.name, labelsOf(family)]);
  });
});

describe("a text that breaks the format", () => {
  const head = "# HELP a_total A.\n# TYPE a_total counter\n";
  test.each([
    ["no newline at the end", `${head}a_total 1`],
    ["a sample before its type", `a_total 1\n${head}`],
    ["help alone", "# HELP a_total A.\na_total 1\n"],
    ["a duplicate series", `${head}a_total{x="1"} 1\na_total{x="1"} 2\n`],
    ["a duplicate family", `${head}${head}`],
    ["an unescaped quote", `${head}a_total{x="a"b"} 1\n`],
    ["an invalid value", `${head}a_total null\n`],
    ["a counter below 0", `${head}a_total -1\n`],
    ["a counter without _total", "# HELP a A.\n# TYPE a counter\na 1\n"],
    ["a name with a hyphen", "# HELP a-b A.\n# TYPE a-b gauge\na-b 1\n"],
    [
      "buckets that exceed their count",
      '# HELP h H.\n# TYPE h histogram\nh_bucket{le="+Inf"} 3\nh_sum 1\nh_count 2\n',
    ],
  ])("is detected: %s", (_, text) => {
    expect(() => parseExposition(text)).toThrow();
  });
});

describe("the process", () => {
  test("shows its CPU time, start time, memory and build, by the standard names", async () => {
    const families = await scraped(boardOf());
    const nowSeconds = Date.now() / 1000;
    expect(valueOf(families, "process_cpu_seconds_total")).toBeGreaterThan(0);
    expect(valueOf(families, "process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
    const started = valueOf(families, "process_start_time_seconds") ?? 0;
    expect(started).toBeLessThan(nowSeconds);
    expect(started).toBeGreaterThan(nowSeconds - 86_400);
    expect(samplesOf(families, "funding_finder_build_info")).toEqual([
      {
        name: "funding_finder_build_info",
        labels: { version: expect.stringMatching(/^\d+\.\d+\.\d+$/), bun: Bun.version },
        value: 1,
      },
    ]);
  });

  test("has the CPU time of all its work so far", async () => {
    const metrics = metricsOf(boardOf());
    const seconds = async () =>
      valueOf(parseExposition(await metrics.scrape()), "process_cpu_seconds_total") ?? 0;
    const before = await seconds();
    const { user } = process.cpuUsage();
    while (process.cpuUsage().user - user < 30_000);
    expect((await seconds()) - before).toBeGreaterThanOrEqual(0.03);
  });
});

describe("the snapshot's age", () => {
  test("is computed at each scrape, from the moment that the snapshot shows", async () => {
    const clock = new ManualClock(NOON_MS + 7_500);
    const metrics = metricsOf(boardOf(rowOf("okx", "BTC")), { clock });
    const age = async () =>
      valueOf(parseExposition(await metrics.scrape()), "funding_snapshot_age_seconds");
    expect(await age()).toBe(7.5);
    await clock.advance(20_000);
    expect(await age()).toBe(27.5);
  });

  test("is absent before the first snapshot: 0 would mean the freshest", async () => {
    const families = parseExposition(await metricsOf(new TestBoard()).scrape());
    expect(samplesOf(families, "funding_snapshot_age_seconds")).toEqual([]);
  });
});

describe("the databases", () => {
  test("show each file's size; a missing file has none", async () => {
    const sizes = [
      { name: "market", dataBytes: 4_096, walBytes: 32 },
      { name: "accounts", dataBytes: 8_192, walBytes: null },
    ];
    const databaseSizes = () => Promise.resolve(sizes);
    const families = await scraped(boardOf(), { databaseSizes });
    const shown = samplesOf(families, "funding_database_size_bytes");
    expect(shown.map(({ labels, value }) => [labels["database"], labels["file"], value])).toEqual([
      ["market", "data", 4_096],
      ["market", "wal", 32],
      ["accounts", "data", 8_192],
    ]);
  });
});

describe("the rates of named bases", () => {
  const NAMES = ["funding_rate_per_hour_percent", "funding_rate_annualized_percent"] as const;

  test("are shown only for configured bases", async () => {
    const families = await scraped(boardOf(rowOf("okx", "BTC")));
    expect(families.filter(({ name }) => name.startsWith("funding_rate"))).toEqual([]);
  });

  test("equal those of the lists, per hour and per year, for each listing", async () => {
    const rows = [
      rowOf("okx", "BTC", { fundingRate: 0.0001, fundingIntervalHours: 8 }),
      rowOf("kraken", "BTC", { fundingRate: -0.0001, fundingIntervalHours: 1, quote: "USD" }),
      rowOf("okx", "ETH"),
    ];
    const families = await scraped(boardOf(...rows), { bases: ["BTC"] });
    const labels = { exchange: "okx", symbol: "BTCUSDT", asset_id: "BTC" };
    const kraken = { exchange: "kraken", symbol: "BTCUSD", asset_id: "BTC" };
    const expected = { okx: [0.00125, 10.95], kraken: [-0.01, -87.6] };
    for (const [n, name] of NAMES.entries())
      expect(samplesOf(families, name)).toEqual([
        { name, labels: { ...kraken, exchange_symbol: "BTCUSD" }, value: expected.kraken[n] ?? 0 },
        { name, labels: { ...labels, exchange_symbol: "BTCUSDT" }, value: expected.okx[n] ?? 0 },
      ]);
  });

  test("exclude untrusted listings, and count them", async () => {
    const rows = [
      rowOf("okx", "BTC"),
      rowOf("gate", "BTC", {}, flagBit("stale")),
      rowOf("bybit", "BTC", { fundingIntervalHours: null }, flagBit("interval_unknown")),
    ];
    const families = await scraped(boardOf(...rows), { bases: ["BTC", "BTX"] });
    for (const name of NAMES)
      expect(samplesOf(families, name).map(({ labels }) => labels["exchange"])).toEqual(["okx"]);
    const listings = samplesOf(families, "funding_rate_listings");
    expect(listings.map(({ labels, value }) => [labels["base"], labels["state"], value])).toEqual([
      ["BTC", "exported", 1],
      ["BTC", "blocked", 2],
      ["BTC", "left_out", 0],
      ["BTX", "exported", 0],
      ["BTX", "blocked", 0],
      ["BTX", "left_out", 0],
    ]);
  });

  test("follow the snapshot: a delisted listing has no series", async () => {
    const board = boardOf(rowOf("okx", "BTC"), rowOf("gate", "BTC"));
    const metrics = metricsOf(board, { bases: ["BTC"] });
    const shown = async () =>
      samplesOf(parseExposition(await metrics.scrape()), NAMES[0]).map(
        ({ labels }) => labels["exchange"],
      );
    expect(await shown()).toEqual(["gate", "okx"]);
    board.publish(snapshotOf("1-2", [rowOf("okx", "BTC")]));
    expect(await shown()).toEqual(["okx"]);
  });

  test("are limited to 200 listings of one name, whatever an exchange lists", async () => {
    const rows = Array.from({ length: 230 }, (_, n) =>
      rowOf("okx", "BTC", { exchangeSymbol: `BTC-${n}` }),
    );
    const families = await scraped(boardOf(...rows, rowOf("okx", "ETH")), {
      bases: ["BTC", "ETH"],
    });
    for (const name of NAMES) expect(samplesOf(families, name)).toHaveLength(201);
    const left = samplesOf(families, "funding_rate_listings").filter(
      ({ labels }) => labels["state"] === "left_out",
    );
    expect(left.map(({ value }) => value)).toEqual([30, 0]);
  });
});
