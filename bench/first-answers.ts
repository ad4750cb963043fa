/** The first answer to each query after a snapshot, when nothing is cached yet. */
import type { BoardRow } from "../src/domain/market.ts";
import { FUNDING_COLUMNS, fundingRow } from "../src/http/lists/funding-row.ts";
import { writtenList } from "../src/http/lists/content.ts";
import { AssetGroups } from "../src/services/finder/asset-groups.ts";
import { testApp } from "../test/support/app.ts";
import { snapshotOf, TestBoard } from "../test/support/board.ts";
import { atMost, type Figure, median, plain } from "./figure.ts";
import { simulatedRows } from "./market.ts";

const SNAPSHOTS = 40;
const WARM_UP = 10;

const CASES: readonly { readonly target: string; readonly aimMs: number | null }[] = [
  { target: "/api/funding/arb", aimMs: 4 },
  { target: "/api/funding/heatmap", aimMs: 4 },
  { target: "/api/funding/sentiment", aimMs: 4 },
  { target: "/api/funding/divergence", aimMs: null },
  { target: "/api/funding/by_volume", aimMs: null },
  { target: "/api/funding/extremes", aimMs: null },
  { target: "/api/funding/calendar", aimMs: 4 },
  { target: "/api/funding/calendar/slots?hours=48", aimMs: null },
  { target: "/api/funding/market", aimMs: null },
  { target: "/api/funding/symbol/BTC", aimMs: null },
  { target: "/api/funding/arb?pairs=all", aimMs: 8 },
];

/** Requested within the last minute, they are renewed before the service switches to a new snapshot. */
const RENEWED = [
  "/api/funding/arb",
  "/api/funding/heatmap",
  "/api/funding/sentiment",
  "/api/funding/calendar",
  "/api/funding/current",
] as const;
/** The service waits at most a second. */
const RENEWED_WITHIN_MS = 100;

const LISTS = [
  { format: "json", what: "/api/funding/current", aimMs: 10 },
  { format: "csv", what: "/api/funding/current as CSV", aimMs: 20 },
] as const;

/** The share of a minute's refreshes between two snapshots. */
const NEW_IN_SNAPSHOT = 12;

export async function firstAnswers(): Promise<Figure[]> {
  const rows = await simulatedRows();
  const figures = [
    plain("instruments", rows.length, "rows"),
    plain("grouping listings by asset, once per snapshot", grouped(rows), "ms"),
  ];
  for (const { target, aimMs } of CASES) {
    const tookMs = await firstAnswer(rows, target);
    const what = `${target}, computed and serialised`;
    figures.push(aimMs === null ? plain(what, tookMs, "ms") : atMost(what, tookMs, "ms", aimMs));
  }
  const renewedMs: number[] = [];
  for (const target of RENEWED) renewedMs.push(await firstAnswer(rows, target, RENEWED_WITHIN_MS));
  figures.push(
    atMost("the slowest of those requested in the last minute", Math.max(...renewedMs), "ms", 4),
  );
  for (const { format, what, aimMs } of LISTS) {
    figures.push(
      atMost(`${what}, serialised, no row cached`, serialised(rows, format), "ms", aimMs),
      atMost(
        `${what}, requested in each snapshot, a twelfth of the rows new`,
        await renewed(rows, format),
        "ms",
        aimMs,
      ),
    );
  }
  return figures;
}

/** Far longer than it takes to discard the texts of replaced rows. */
const TEXTS_DISCARDED_MS = 20;

const EMPTY = snapshotOf("0-0", []);

/** Grouping the listings by asset, once per snapshot. */
function grouped(rows: readonly BoardRow[]): number {
  const times = Array.from({ length: SNAPSHOTS }, (_, round) => {
    const snapshot = snapshotOf(`1-${round + 1}`, rows);
    const startedMs = performance.now();
    new AssetGroups().of(snapshot);
    return performance.now() - startedMs;
  });
  return median(times.slice(WARM_UP));
}

/** Through the whole application, on a new snapshot each time, `afterMs` after it was published. */
async function firstAnswer(
  rows: readonly BoardRow[],
  target: string,
  afterMs = 0,
): Promise<number> {
  const board = new TestBoard();
  const groups = new AssetGroups();
  const app = testApp(board, { groups });
  const times: number[] = [];
  // As in the service while only rates change.
  const { listings } = snapshotOf("1-0", rows);
  for (let round = 0; round < SNAPSHOTS; round += 1) {
    board.publish({ ...snapshotOf(`1-${round + 1}`, rows), listings });
    board.forget();
    // Garbage from building the snapshot must not be collected while the answer is measured.
    Bun.gc(true);
    // The service does this when it publishes.
    groups.of(board.current() ?? EMPTY);
    if (afterMs > 0) await Bun.sleep(afterMs);
    const startedMs = performance.now();
    const response = await app.fetch(new Request(`http://bench${target}`));
    times.push(performance.now() - startedMs);
    // Read, so that it no longer counts as being sent to this address.
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${target}: ${text}`);
  }
  return median(times.slice(WARM_UP));
}

/** The whole list through the application, read to its end, in each of many snapshots. */
async function renewed(rows: readonly BoardRow[], format: "json" | "csv"): Promise<number> {
  const board = new TestBoard();
  const app = testApp(board);
  const times: number[] = [];
  let current = rows;
  for (let round = 0; round < SNAPSHOTS; round += 1) {
    current = current.map((row, index) =>
      index % NEW_IN_SNAPSHOT === round % NEW_IN_SNAPSHOT ? { ...row } : row,
    );
    board.publish(snapshotOf(`1-${round + 1}`, current));
    board.forget();
    Bun.gc(true);
    // At once: a moment later the service has renewed the answer in the background.
    const startedMs = performance.now();
    const response = await app.fetch(
      new Request(`http://bench/api/funding/current?format=${format}`),
    );
    // Not joined to one text: that would be work of the client.
    for await (const chunk of response.body ?? []) {
      if (chunk.length === 0) throw new Error("an empty chunk");
    }
    times.push(performance.now() - startedMs);
    if (response.status !== 200) throw new Error(`${format}: ${response.status}`);
    // Texts of replaced rows are discarded in the background.
    await Bun.sleep(TEXTS_DISCARDED_MS);
  }
  return median(times.slice(WARM_UP));
}

/** The total work on the event loop, which is interleaved with other requests. */
function serialised(rows: readonly BoardRow[], format: "json" | "csv"): number {
  const { asOfMs } = snapshotOf("1-1", []);
  const times: number[] = [];
  for (let round = 0; round < SNAPSHOTS; round += 1) {
    const startedMs = performance.now();
    const list = writtenList({
      name: "bench",
      format,
      vary: "",
      headers: {},
      head: {},
      tail: {},
      items: rows,
      toRow: (row) => fundingRow(row, asOfMs / 1000),
      columns: FUNDING_COLUMNS,
    });
    for (const chunk of list.chunks()) if (chunk.length === 0) throw new Error("an empty chunk");
    times.push(performance.now() - startedMs);
  }
  return median(times.slice(WARM_UP));
}
