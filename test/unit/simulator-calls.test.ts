import { describe, expect, test } from "bun:test";
import { encoderOfCalls } from "../../src/simulator/exchanges/calls.ts";
import type { MarketView, WireReply, WireRequest } from "../../src/simulator/wire.ts";
import { wireError } from "../../src/simulator/wire.ts";
import { createAssets } from "../../src/simulator/assets.ts";
import { createRoster } from "../../src/simulator/roster.ts";

const NOT_FOUND = wireError(404, "no such path");
const WRONG_METHOD = wireError(405, "no such method");
const UNKNOWN = wireError(400, "no such symbol");
const NOW_MS = Date.UTC(2026, 10, 2, 12, 17);

const roster = createRoster("gate", 1);
const { byKind } = createAssets(1, 10, 1);
for (const [index, asset] of byKind.coin.slice(0, 5).entries())
  roster.add({ asset, symbol: `S${index}`, quote: "USDT", settle: "USDT", intervalHours: 8 });
const view: MarketView = {
  listings: roster.listings,
  nowMs: NOW_MS,
  stampMs: NOW_MS,
  pastFromMs: 0,
  maxPastRows: 1_000,
};

const row = ({ symbol }: { readonly symbol: string }) => ({ symbol });
const encoder = encoderOfCalls({
  id: "gate",
  fields: { rate: "rate", prices: [], symbol: "symbol" },
  createListings: () => undefined,
  calls: {
    "/all": { kind: "rates", row },
    "/of/{symbol}": { kind: "rates", row, one: { name: "symbol", unknown: UNKNOWN } },
    "/turn": { kind: "rates", row, one: { name: "symbol", unknown: UNKNOWN, inTurn: true } },
    "/past": {
      kind: "history",
      past: ({ symbol }, _view, { query }) => (query.has("empty") ? [] : [{ symbol }]),
      one: { name: "symbol", unknown: UNKNOWN },
    },
    "/page": { kind: "rates", row, page: () => ({ first: 2, size: 2 }) },
    "/post": { kind: "rates", method: "POST", row, one: { name: "symbol", unknown: UNKNOWN } },
    "second:/all": { kind: "list", row },
  },
  wrap: (rows, _view, _asked, total) => ({ rows, total }),
  notFound: NOT_FOUND,
  wrongMethod: WRONG_METHOD,
  show: () => ({ funding_rate: 0, funding_interval_hours: 8, next_funding_time: null }),
  rateLimitBody: "",
  errorBody: "",
  delistedState: "gone",
});

function ask(path: string, request: Partial<WireRequest> = {}): WireReply {
  const url = new URL(`http://simulator${path}`);
  const { pathname, searchParams: query } = url;
  const usual = { method: "GET", host: null, headers: new Headers(), body: null };
  return encoder.route({ ...usual, path: pathname, query, ...request });
}

/** The symbols of a reply's rows. */
function symbolsOf(reply: WireReply): readonly unknown[] {
  if (reply.type === "error") throw new Error(`refused with ${reply.status}`);
  return reply.rows(view).map((each) => each["symbol"]);
}

describe("a table of endpoints", () => {
  test("answers a path with its rows, with a path segment as a symbol", () => {
    expect(symbolsOf(ask("/all"))).toEqual(["S0", "S1", "S2", "S3", "S4"]);
    expect(symbolsOf(ask("/of/S3"))).toEqual(["S3"]);
    expect(ask("/of/NONE")).toMatchObject({ whenEmpty: UNKNOWN });
  });

  test("an instrument without a past in a range exists", () => {
    const exists = (path: string): unknown => {
      const reply = ask(path);
      return reply.type === "list" && reply.exists?.(view);
    };
    expect(symbolsOf(ask("/past?symbol=S3"))).toEqual(["S3"]);
    expect(symbolsOf(ask("/past?symbol=S3&empty=1"))).toEqual([]);
    expect(exists("/past?symbol=S3&empty=1")).toBe(true);
    expect(exists("/past?symbol=NONE")).toBe(false);
  });

  test("reads the symbol of a POST from its body", () => {
    const reply = ask("/post", { method: "POST", body: { symbol: "S2" } });
    expect(symbolsOf(reply)).toEqual(["S2"]);
  });

  test.each<[string, Partial<WireRequest>, WireReply]>([
    ["/nothing", {}, NOT_FOUND],
    ["/all/more", {}, NOT_FOUND],
    ["/of/S3/more", {}, NOT_FOUND],
    ["/all", { host: "third" }, NOT_FOUND],
    ["/page", { host: "second" }, NOT_FOUND],
    ["/all", { method: "POST" }, WRONG_METHOD],
    ["/post", {}, WRONG_METHOD],
  ])("refuses %s %j", (path, request, refusal) => {
    expect(ask(path, request)).toEqual(refusal);
  });

  test("answers a second host from its own entries", () => {
    expect(ask("/all", { host: "second" })).toMatchObject({ kind: "list" });
  });

  test("passes the index among all rows to those of a page and of one instrument", () => {
    const page = ask("/page");
    expect(symbolsOf(page)).toEqual(["S2", "S3"]);
    expect(page).toMatchObject({ firstIndex: 2 });
    if (page.type === "list") expect(page.wrap([], view)).toEqual({ rows: [], total: 5 });
    const turn = ask("/turn?symbol=S4");
    expect(symbolsOf(turn)).toEqual(["S4"]);
    expect(turn).toHaveProperty("firstIndex", 4);
  });

  test("replies that can differ have different keys", () => {
    const keys = [ask("/all"), ask("/all?symbol="), ask("/all", { host: "second" }), ask("/page")];
    expect(new Set(keys.map((reply) => (reply.type === "list" ? reply.key : ""))).size).toBe(4);
  });
});
