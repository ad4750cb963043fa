import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import type { BoardRow } from "../../src/domain/market.ts";
import type { ArbRow } from "../../src/http/lists/pair-schema.ts";
import type { VolumeRankRow } from "../../src/http/api/by-volume/schema.ts";
import type { FundingRow } from "../../src/http/lists/funding-schema.ts";
import type { Heatmap } from "../../src/http/api/heatmap/schema.ts";
import type { ExchangeFacts } from "../../src/exchanges/exchange.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { allCollected, listingsOf, TestBoard } from "../support/board.ts";
import { INFOS, testApp, type TestApp } from "../support/app.ts";
import { exchangeLab } from "../support/exchange-lab.ts";
import { LONG_MS } from "../support/patience.ts";
import { NOON_MS } from "../support/quote.ts";

const FLAG = "unverified_rate";

const reasonOf = ({ facts }: { readonly facts: ExchangeFacts }): string | null =>
  facts.unverifiedRate ?? null;

const UNVERIFIED: readonly ExchangeId[] = EXCHANGE_IDS.filter((id) => reasonOf(EXCHANGES[id]));

test("for edgeX and Pacifica it is not certain which of two rates is charged next", () => {
  expect(UNVERIFIED.toSorted()).toEqual(["edgex", "pacifica"]);
});

/** Two of them, and two others that list the same assets. */
const COLLECTED = ["edgex", "pacifica", "okx", "hyperliquid"] as const;

interface Rated {
  readonly exchange: ExchangeId;
  readonly flags: readonly string[];
}

describe("a rate of an exchange where it is not certain which one is charged", () => {
  let app: TestApp;
  beforeAll(async () => {
    using lab = exchangeLab(COLLECTED, NOON_MS + 17 * 60_000);
    for (const id of COLLECTED) await lab.cycle(id);
    const snapshot = allCollected(await lab.snapshot());
    // No review has compared prices: every ticker is taken at face value.
    const rows = snapshot.rows.map((row): BoardRow => ({
      ...row,
      record: { ...row.record, assetId: row.record.base, identity: "confirmed" },
    }));
    app = testApp(new TestBoard({ ...snapshot, rows, listings: listingsOf(rows) }), {
      exchanges: INFOS.map((info) => ({
        ...info,
        ...(EXCHANGES[info.id].facts as ExchangeFacts),
      })),
    });
  }, LONG_MS);
  afterAll(() => app.board.forget());

  const answer = async <Body>(path: string): Promise<Body> => {
    const response = await app.get(path);
    expect(response.status).toBe(200);
    return (await response.json()) as Body;
  };
  const rowsOf = async <Row>(path: string): Promise<readonly Row[]> =>
    (await answer<{ readonly rows: readonly Row[] }>(path)).rows;

  /** There are rows of both kinds of exchange, and exactly those of one kind have the flag. */
  const expectMarked = (rated: readonly Rated[]): void => {
    const of = (exchange: ExchangeId): boolean => UNVERIFIED.includes(exchange);
    expect(rated.some(({ exchange }) => of(exchange))).toBe(true);
    expect(rated.filter(({ exchange, flags }) => flags.includes(FLAG) !== of(exchange))).toEqual(
      [],
    );
  };

  test.each(["current", "extremes?limit=1000", "calendar?limit=5000"])(
    "is flagged on every row of /api/funding/%s",
    async (list) => expectMarked(await rowsOf<FundingRow>(`/api/funding/${list}`)),
  );

  test("is flagged at the lowest and the highest rate of an asset", async () => {
    const ranks = await rowsOf<VolumeRankRow>("/api/funding/by_volume");
    expectMarked(ranks.map((row) => ({ exchange: row.lowest_exchange, flags: row.lowest_flags })));
    expectMarked(
      ranks.map((row) => ({ exchange: row.highest_exchange, flags: row.highest_flags })),
    );
  });

  test("is flagged in every cell of the heatmap", async () => {
    const { rows, exchanges } = await answer<Heatmap>("/api/funding/heatmap");
    const cells = rows.flatMap(({ values, marks }) =>
      exchanges.flatMap((exchange, column) => {
        const flags = marks.filter((mark) => mark.exchange === exchange).map(({ flag }) => flag);
        return typeof values[column] === "number" ? [{ exchange, flags }] : [];
      }),
    );
    expectMarked(cells);
  });

  test("is flagged in the CSV of the heatmap, and counted where many rates are one figure", async () => {
    const [head = "", ...lines] = (
      await (await app.get("/api/funding/heatmap?format=csv&exchange=edgex")).text()
    ).split("\r\n");
    expect(head).toEndWith(",marks");
    const priced = lines.filter((line) => /^[^,]+,[^,]+,-?\d/.test(line));
    expect(priced.length).toBeGreaterThan(0);
    for (const line of priced) expect(line).toEndWith(`,edgex=${FLAG}`);
    const unverified = await rowsOf<FundingRow>(`/api/funding/current?flag=${FLAG}`);
    for (const list of ["sentiment", "by_volume"]) {
      const assets = await rowsOf<{ asset_id: string; unverified_instruments: number }>(
        `/api/funding/${list}`,
      );
      const counted = assets.reduce((sum, asset) => sum + asset.unverified_instruments, 0);
      expect(counted).toBeGreaterThan(0);
      expect(counted).toBeLessThanOrEqual(unverified.length);
    }
  });

  test.each(["arb?pairs=all&", "divergence?min_lasted=0&min_volume=0&"])(
    "makes no usable pair in /api/funding/%s, with a reason",
    async (list) => {
      const pairs = await rowsOf<ArbRow>(`/api/funding/${list}limit=5000`);
      expectMarked(pairs.flatMap(({ long, short }) => [long, short]));
      const marked = pairs.filter(({ long, short }) =>
        [long, short].some(({ exchange }) => UNVERIFIED.includes(exchange)),
      );
      expect(marked.filter(({ decision }) => decision === "usable")).toEqual([]);
      expect(pairs.filter(({ reasons }) => reasons.includes(FLAG))).toEqual(marked);
    },
  );

  test("can be filtered for, with its reason on the exchange and on the row", async () => {
    const rows = await rowsOf<FundingRow>(`/api/funding/current?flag=${FLAG}`);
    expect(new Set(rows.map(({ exchange }) => exchange))).toEqual(new Set(UNVERIFIED));
    const exchanges = await rowsOf<{ exchange: ExchangeId; unverified_rate: string | null }>(
      "/api/exchanges",
    );
    for (const { exchange, unverified_rate: reason } of exchanges)
      expect([exchange, reason]).toEqual([exchange, reasonOf(EXCHANGES[exchange])]);
    const [row] = rows;
    expect(await answer(`/api/explain/${row?.exchange}/${row?.exchange_symbol}`)).toMatchObject({
      unverified_rate: reasonOf(EXCHANGES[row?.exchange ?? "okx"]),
    });
  });
});
