import { expect, test } from "bun:test";
import { atOnce } from "../../src/lib/stepwise.ts";
import { readFileSync } from "node:fs";
import { feeTable, takerFees } from "../../src/domain/fees.ts";
import { findPairs } from "../../src/services/finder/arbitrage.ts";
import { AssetGroups } from "../../src/services/finder/asset-groups.ts";
import { findAssets } from "../../src/services/finder/asset-search.ts";
import { slotsAhead } from "../../src/services/finder/calendar-slots.ts";
import {
  CALENDAR_DEFAULTS,
  CALENDAR_FILE_DEFAULTS,
  settlementsAhead,
} from "../../src/services/finder/calendar.ts";
import { DIVERGENCE_DEFAULTS, findDivergences } from "../../src/services/finder/divergence.ts";
import { EXTREMES_DEFAULTS, findExtremes } from "../../src/services/finder/extremes.ts";
import { NO_FILTER, selectRows } from "../../src/services/finder/funding-query.ts";
import { HEATMAP_DEFAULTS, heatmapOf } from "../../src/services/finder/heatmap.ts";
import { marketRates } from "../../src/services/finder/market-rate.ts";
import { ARBITRAGE_DEFAULTS } from "../../src/services/finder/pair.ts";
import { POSITION_DEFAULTS } from "../../src/services/finder/position.ts";
import { findSentiments, SENTIMENT_DEFAULTS } from "../../src/services/finder/sentiment.ts";
import { rankByVolume } from "../../src/services/finder/volume-ranking.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { bodyOf } from "../support/lists.ts";
import { NOON_MS } from "../support/quote.ts";

/** Volumes on both sides of every minimum, including unknown ones, and settlements up to two days ahead. */
const VOLUMES = [9_000_000, 6_000_000, 2_000_000, 400_000, 0, null];
const HOURS_AHEAD = [1, 4, 8, 20, 30, null];

const ROWS = (["okx", "bybit", "gate", "binance"] as const).flatMap((exchange, place) =>
  Array.from({ length: 24 }, (_, n) =>
    rowOf(exchange, `A${n}`, {
      fundingRate: (place - 1.5) / 2000 + n / 1e6,
      fundingIntervalHours: n % 5 === 0 ? null : 8,
      volume24hUsd: VOLUMES[n % VOLUMES.length] ?? null,
      openInterestUsd: VOLUMES[(n + place) % VOLUMES.length] ?? null,
      nextFundingAtMs: hoursAhead(HOURS_AHEAD[(n + 2 * place) % HOURS_AHEAD.length] ?? null),
      assetClass: n % 7 === 0 ? null : "crypto",
    }),
  ),
);

function hoursAhead(hours: number | null): number | null {
  return hours === null ? null : NOON_MS + hours * 3_600_000;
}

test("requests without parameters use the finder's own defaults", async () => {
  const snapshot = snapshotOf("1-1", ROWS);
  const app = testApp(new TestBoard(snapshot));
  const groups = new AssetGroups();
  const fees = takerFees(feeTable(null), new Map());
  const part = { end: Number.POSITIVE_INFINITY };
  const rowsOf = async (path: string) => {
    const { rows } = await bodyOf(app, path);
    expect([path, rows.length > 0]).toEqual([path, true]);
    return rows;
  };
  const assets = async (path: string) => (await rowsOf(path)).map((row) => row["asset_id"]);

  const current = await rowsOf("/api/funding/current");
  expect(current.map((row) => row["uid"])).toEqual(
    atOnce(selectRows(snapshot, NO_FILTER)).map(({ record }) => record.uid),
  );
  const extremes = await rowsOf("/api/funding/extremes");
  expect(extremes.map((row) => [row["side"], row["per"], row["rank"], row["uid"]])).toEqual(
    atOnce(findExtremes(snapshot, EXTREMES_DEFAULTS)).map(({ end, per, rank, row }) => [
      end,
      per,
      rank,
      row.record.uid,
    ]),
  );
  expect(await assets("/api/funding/sentiment")).toEqual(
    atOnce(findSentiments(snapshot, groups, SENTIMENT_DEFAULTS)).map(({ asset }) => asset.assetId),
  );
  expect(await assets("/api/funding/by_volume")).toEqual(
    atOnce(rankByVolume(snapshot, groups, NO_FILTER)).map(({ asset }) => asset.assetId),
  );
  expect(await assets("/api/assets")).toEqual(
    atOnce(findAssets(snapshot, { listings: NO_FILTER, text: null })).map(({ assetId }) => assetId),
  );
  const market = await rowsOf("/api/funding/market");
  expect(market.map((row) => [row["group"], row["instruments"]])).toEqual(
    atOnce(marketRates(snapshot, groups, NO_FILTER)).map(({ kind, instruments }) => [
      kind,
      instruments,
    ]),
  );
  const heatmap = atOnce(heatmapOf(groups.of(snapshot), HEATMAP_DEFAULTS));
  const lines = await rowsOf("/api/funding/heatmap");
  expect(lines.map((row) => [row["asset_id"], row["values"]])).toEqual(
    heatmap.lines.map(({ assetId, values }) => [assetId, values]),
  );
  const calendar = atOnce(settlementsAhead(snapshot, CALENDAR_DEFAULTS));
  const settlements = await rowsOf("/api/funding/calendar");
  expect(settlements.map((row) => [row["settles_at"], row["uid"]])).toEqual(
    calendar.slice(0, calendar.length).map(({ settlesAt, row }) => [settlesAt, row.record.uid]),
  );
  expect(
    (await rowsOf("/api/funding/calendar/slots")).map((row) => [
      row["settles_at"],
      row["instruments"],
    ]),
  ).toEqual(
    atOnce(slotsAhead(snapshot, CALENDAR_DEFAULTS)).map((slot) => [
      slot.settlesAt,
      slot.instruments,
    ]),
  );
  const file = await app.get("/api/funding/calendar.ics");
  const fileTotal = atOnce(settlementsAhead(snapshot, CALENDAR_FILE_DEFAULTS)).length;
  expect(fileTotal).toBeGreaterThan(calendar.length);
  expect(file.headers.get("x-total-count")).toBe(String(fileTotal));
  const pairs = atOnce(findPairs(snapshot, groups, { ...ARBITRAGE_DEFAULTS, fees }, part));
  const legsOf = (row: Readonly<Record<string, unknown>>) => [row["long"], row["short"]];
  expect((await rowsOf("/api/funding/arb")).map(legsOf)).toMatchObject(
    pairs
      .slice(0, pairs.length)
      .map(({ long, short }) => [{ uid: long.row.record.uid }, { uid: short.row.record.uid }]),
  );
  const held = { ...DIVERGENCE_DEFAULTS.pairs, fees, minAgeSeconds: 0 };
  const divergences = atOnce(
    findDivergences(snapshot, groups, { ...DIVERGENCE_DEFAULTS, pairs: held }),
  );
  // No pair in this market has lasted yet.
  expect(await assets("/api/funding/divergence?min_lasted=0")).toEqual(
    divergences.map(({ pair }) => pair.group.assetId),
  );
  const [position] = await rowsOf("/api/funding/position?uid=okx:A1USDT:1&side=long");
  expect(position?.["notional_usd"]).toBe(POSITION_DEFAULTS.notionalUsd);
});

/** Parameters that are not part of a query: in which format rows are sent. */
const OF_THE_FORM: Record<string, string[]> = {
  "lists/row-fields.ts": ['"unix"', '"0"'],
  "lists/pair-query.ts": ['["default"]', '"0"'],
};

test("no parameter has its own default: each is null or one of its query's", () => {
  const found: Record<string, string[]> = {};
  for (const file of new Bun.Glob("**/*.ts").scanSync("src/http")) {
    const text = readFileSync(`src/http/${file}`, "utf8");
    const own = [...text.matchAll(/\bfallback: ([^,;)}]+?) ?[,}]/g)]
      .map(([, value = ""]) => value)
      .filter((value) => value !== "null" && !isOfFinder(value, text));
    if (own.length > 0) found[file] = own;
  }
  expect(found).toEqual(OF_THE_FORM);
});

/** Whether a member such as `DEFAULTS.legs.minVolumeUsd` is one that a module imports from the room that answers the query. */
function isOfFinder(value: string, text: string): boolean {
  const [root = "", ...members] = value.split(".");
  const [, source = root] = new RegExp(String.raw`const ${root} = (\w+)`).exec(text) ?? [];
  const imports = [
    ...text.matchAll(/import \{([^}]+)\} from "[^"]*\/services\/(?:finder|history)\//g),
  ];
  const names = new Set(imports.flatMap(([, list = ""]) => list.match(/\w+/g) ?? []));
  return members.length > 0 && names.has(source);
}
