import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { servedDocument } from "../../scripts/write-openapi.ts";
import { IDENTITIES } from "../../src/domain/asset-cluster.ts";
import { FAILURE_KINDS } from "../../src/domain/exchange.ts";
import { REJECT_REASONS } from "../../src/domain/quote.ts";
import { SENTIMENT_LABELS } from "../../src/services/finder/sentiment.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";

const SRC = join(import.meta.dir, "../../src");

async function termsPage(): Promise<string> {
  const app = testApp(new TestBoard(snapshotOf("1-1", [rowOf("okx", "BTC")])));
  return (await app.get("/docs/terms")).text();
}

/** Closed sets of the document whose members are no flag, reason, kind, status or label: names and choices. */
const CHOICES = new Set([
  "Accrual",
  "ArbitragePairsSameExchange",
  "AssetClass",
  "CumulativeRange",
  "CumulativeSort",
  "ExchangeId",
  "ExchangeKind",
  "ExtremePeriod",
  "ExtremeSide",
  "ExtremeSides",
  "FeeSource",
  "FileFormat",
  "FundingSort",
  "GapPolicy",
  "HealthStatus",
  "HeatmapSort",
  "HeatmapValue",
  "IntervalSource",
  "ListFormat",
  "LedgerRange",
  "MarketRateGroup",
  "MultiplierSource",
  "PairSort",
  "PairsShown",
  "PositionDirection",
  "PositionSide",
  "PriceSource",
  // Explained on /docs/problems.
  "ProblemCode",
  "RateSign",
  "Resolution",
  "SchedulePaymentKind",
  "SentimentSort",
  "SettlementRateSource",
  "SortOrder",
  "Switch",
  "TimeForm",
]);

/** Modules in which every number may decide a flag, a reason, a kind, a status or a label. */
const DECIDING = [
  "domain/*.ts",
  "services/finder/*.ts",
  "services/board/{health,exchange-rows}.ts",
  "collector/{batch-gate,market-review,scale,stale-feed-detector}.ts",
];

/** The sources of the page. */
const SHOWN = [
  "pages/terms.ts",
  "pages/thresholds.ts",
  "pages/past-thresholds.ts",
  "pages/formulas.ts",
  "openapi/failure-kinds.ts",
];

/** Numbers of these modules that decide none: units, rounding, bounds of memory and work, and what is documented. */
const INTERNAL: Readonly<Record<string, string>> = {
  CERTAIN: "exactness of a sum",
  FIRST_PCT: "layout of stored yields",
  FULL: "exactness of a sum",
  HASH_RADIX: "layout",
  MAX_SHORT_TEXT: "choice of an algorithm",
  MAX_STEP: "layout of stored yields",
  MAX_TEXT_LENGTH: "bound of work",
  MAX_WHOLE: "choice of an algorithm",
  MINUTES_PER_HOUR: "unit",
  NOT_MET: "layout of stored yields",
  PLACES: "exactness of a sum",
  RATES_PER_UNIT: "unit",
  SECOND_MS: "unit",
  STEP: "exactness of a sum",
  STEPS_PER_DOUBLING: "layout of stored yields",
  ALL_NAMES_EVERY_MS: "work of a review",
  CLEAR_OF_HALF: "rounding",
  CLEAR_OF_ROUNDING: "rounding",
  COLLECTOR_DEAD_AFTER_MS: "health of the service, in /api/health",
  COLUMNS: "layout",
  BLOCK_MS: "how much is judged at once",
  MARGIN_MS: "how much is read next to that",
  COMMON_INTERVAL_HOURS: "in the name rate_8h_pct",
  DAYS_PER_YEAR: "unit",
  DIGITS: "rounding",
  EIGHT_HOURS_A_YEAR: "unit",
  EXCHANGE_CLOCK_TOLERANCE_MS: "decides between two times that are both shown as observed_at",
  FILLS_PER_SIDE: "in the formula of fees_pct",
  FIRST_UNKNOWN: "layout",
  HOURS_PER_DAY: "unit",
  HOURS_PER_YEAR: "unit",
  INSTRUMENT_ID_BOUND: "layout",
  JITTER_MS: "rounding",
  MAX_DETAIL_CHARS: "bound of a log text",
  MAX_INSERTED: "choice of an algorithm",
  MAX_INTERVAL_HOURS: "the largest of FUNDING_INTERVALS",
  MAX_KEPT: "bound of memory",
  MAX_PEAK: "layout",
  MAX_PER_LEG: "bound of memory",
  MAX_REMEMBERED: "bound of memory",
  MAX_TAKER_BPS: "bound of a parameter, in the document",
  MINUTE_MS: "unit",
  MIN_BOUND: "bound of memory",
  MIN_FOR_DEVIATION: "a deviation needs two values",
  MIN_GROSS_PCT: "rounding",
  MIN_RATE_PER_HOUR: "rates this small are not compared",
  MIN_RUN: "decides intervals of past payments, which the answers about the past have",
  MIN_SHARE_PRICE: "class of a few named listings",
  MIN_SPARE: "bound of memory",
  MIN_STEP_SECONDS: "grid of the calendar",
  NOISE: "rounding",
  PEAK_STEPS_PER_PCT: "layout",
  RECENTLY_BLOCKED_MS: "health of the service, in /api/health",
  ROUNDINGS: "rounding",
  ROWS_PER_STEP: "bound of a step of work",
  SCALE_DIGITS: "rounding",
  SIMILAR_FACTOR: "when a pending scale counts as the same",
  SIMILAR_SHARE: "when a pending size counts as the same",
  SORT_STEP: "bound of a step of work",
  SPARE_SHARE: "bound of memory",
  STABLE_WITHIN: "skips work, with the same result",
  THIRTY_DAYS_HOURS: "in the name of its field",
  TOLERANCE: "rounding",
};

async function numbersOf(patterns: readonly string[]): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const pattern of patterns) {
    for await (const file of new Bun.Glob(pattern).scan(SRC)) {
      const text = await Bun.file(join(SRC, file)).text();
      const found = text.matchAll(/^(?:export )?const ([A-Z][A-Z0-9_]*)(?:: number)? = [-\d(]/gm);
      for (const [, name = ""] of found) names.add(name);
    }
  }
  return names;
}

describe("/docs/terms", () => {
  test("explains every flag, reason, kind, status and label of the document", async () => {
    const page = await termsPage();
    const { components } = JSON.parse(await servedDocument()) as {
      components: { schemas: Record<string, { enum?: string[] }> };
    };
    const sets = Object.entries(components.schemas).flatMap(([name, { enum: members }]) =>
      members === undefined ? [] : [{ name, members }],
    );
    const names = new Set(sets.map(({ name }) => name));
    expect([...CHOICES].filter((name) => !names.has(name))).toEqual([]);
    const explained = sets.filter(({ name }) => !CHOICES.has(name));
    expect(explained.length).toBeGreaterThan(10);
    const missing = explained.flatMap(({ name, members }) =>
      members
        .filter((member) => !new RegExp(` id="[a-z-]+-${member}"`).test(page))
        .map((member) => `${name}.${member}`),
    );
    expect(missing).toEqual([]);
  });

  test.each([
    ["reject", REJECT_REASONS],
    ["failure", FAILURE_KINDS],
    ["label", SENTIMENT_LABELS],
    ["identity", IDENTITIES],
    ["decision", ["usable", "watch", "refuse"]],
  ] as const)("has a text for each %s", async (kind, members) => {
    const page = await termsPage();
    for (const member of members) {
      const row = page.slice(page.indexOf(` id="${kind}-${member}"`)).split("</tr>")[0] ?? "";
      const text = row.split("<td")[1] ?? "";
      expect([member, text.length > 30]).toEqual([member, true]);
    }
  });

  test("the document names the reasons for rejected rows, too", async () => {
    const page = await termsPage();
    const { components } = JSON.parse(await servedDocument()) as {
      components: { schemas: { RejectCounts: { properties: Record<string, unknown> } } };
    };
    const { properties } = components.schemas.RejectCounts;
    expect(Object.keys(properties)).toEqual([...REJECT_REASONS]);
    for (const name of REJECT_REASONS) expect(page).toContain(`id="reject-${name}"`);
  });

  test("has every number that decides one of them", async () => {
    const deciding = await numbersOf(DECIDING);
    expect(deciding.size).toBeGreaterThan(60);
    const sources = await Promise.all(
      SHOWN.map((file) => Bun.file(join(SRC, "http", file)).text()),
    );
    const used = new Set(sources.join("\n").match(/\b[A-Z][A-Z0-9_]+\b/g));
    const missing = [...deciding].filter((name) => !used.has(name) && !(name in INTERNAL));
    expect(missing.toSorted()).toEqual([]);
    // An exemption that nothing needs would hide the next number of that name.
    const idle = Object.keys(INTERNAL).filter((name) => !deciding.has(name) || used.has(name));
    expect(idle.toSorted()).toEqual([]);
  });

  test("shows thresholds with their units", async () => {
    const page = await termsPage();
    const table = page.slice(page.indexOf('id="thresholds"'), page.indexOf('id="defaults"'));
    for (const text of [
      "no new timestamp for 5 min",
      "within 1e-9 of the published bound",
      "no older than 120 s",
      "under 50 % of the expected instruments",
      "over 50 % of the rows unreadable",
      "over 20 times the last accepted ones, or under 1/20",
      "10 similar batches over 30 min",
    ])
      expect(table).toContain(text);
  });
});
