import { describe, expect, test } from "bun:test";
import { z } from "zod";
import type { ExchangeHttp } from "../../../src/exchanges/exchange.ts";
import { woox } from "../../../src/exchanges/woox.ts";
import { testHistory } from "../../support/history-suite.ts";
import { describeRecorded } from "../../support/recorded.ts";

testHistory({ exchange: woox, recorded: [] });

const HOUR_MS = 3_600_000;
const NOON = Date.UTC(2026, 10, 1, 12);
const SYMBOL = "PERP_BTC_USDT";

const rowAt = (fundingRateTimestamp: number) => ({
  symbol: SYMBOL,
  fundingRate: "-0.00004953",
  fundingRateTimestamp,
  nextFundingTime: fundingRateTimestamp + 8 * HOUR_MS,
  markPrice: "108708",
});

type Page = (page: number) => { readonly rows: readonly object[]; readonly total?: number };

/** Reads the hours before noon from pages, and counts them. */
async function read(pageOf: Page) {
  const { history } = woox;
  if (history?.kind !== "settlements") throw new Error("no settlements");
  const pages: number[] = [];
  const http: ExchangeHttp = {
    get: (path, decode) => {
      const page = Number(new URL(path, "http://woox").searchParams.get("page"));
      pages.push(page);
      const { rows, total } = pageOf(page);
      const meta = { total, recordsPerPage: 25, currentPage: page };
      return Promise.resolve(decode({ success: true, data: { rows, meta }, timestamp: NOON }));
    },
    postRead: () => Promise.reject(new Error("not a POST")),
  };
  const instrument = { exchangeSymbol: SYMBOL, intervalHours: null, key: null };
  const request = { instrument, fromMs: NOON - 96 * HOUR_MS, toMs: NOON, page: 1, cursor: null };
  const { rows } = await history.load(http, request);
  return { times: rows.map(({ atMs }) => atMs), rows, pages };
}

const HOURS = Array.from({ length: 60 }, (_none, hour) => NOON - (hour + 1) * HOUR_MS);

describe("a range of WOO X's history", () => {
  test.each([
    ["newest", HOURS],
    ["oldest", HOURS.toReversed()],
  ])("is whole in pages with the %s first", async (_order, times) => {
    const { times: found, pages } = await read((page) => ({
      rows: times.slice((page - 1) * 25, page * 25).map(rowAt),
      total: times.length,
    }));
    expect(found).toEqual(times);
    expect(pages).toEqual([1, 2, 3]);
  });

  test("is whole without a total, up to an empty page", async () => {
    const pageOf: Page = (page) => ({
      rows: HOURS.slice((page - 1) * 25, page * 25).map(rowAt),
    });
    const { times, pages } = await read(pageOf);
    expect(times).toEqual(HOURS);
    expect(pages).toEqual([1, 2, 3, 4]);
  });

  test("ends in an error if a page repeats", async () => {
    const page: Page = () => ({ rows: HOURS.slice(0, 25).map(rowAt), total: 60 });
    await expect(read(page)).rejects.toMatchObject({ kind: "bad_envelope" });
  });

  test("has the mark price of each payment, and no interval", async () => {
    const { rows } = await read(() => ({ rows: [rowAt(NOON - HOUR_MS)], total: 1 }));
    expect(rows).toEqual([
      { atMs: NOON - HOUR_MS, rate: "-0.00004953", intervalHours: null, markPrice: 108_708 },
    ]);
  });
});

describeRecorded("recorded histories of woox", (readFile) => {
  test("fundingRateHistory.json", async () => {
    const body = await readFile("woox", "fundingRateHistory.json");
    const { data } = z
      .object({ data: z.object({ rows: z.array(z.record(z.string(), z.unknown())) }) })
      .parse(body);
    const { rows } = await read((page) => ({ rows: page === 1 ? data.rows : [], total: 11_690 }));
    expect(rows).toEqual([
      { atMs: 1_751_616_000_000, rate: "-0.00004953", intervalHours: null, markPrice: 108_708 },
    ]);
  });
});
