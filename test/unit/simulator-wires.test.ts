import { describe, expect, test } from "bun:test";
import { createAssets } from "../../src/simulator/assets.ts";
import { ENCODERS } from "../../src/simulator/encoders.ts";
import type { FaultName } from "../../src/simulator/fault-names.ts";
import { EXCHANGES, type ExchangeName } from "../../src/simulator/listing.ts";
import type { Market } from "../../src/simulator/running-market.ts";
import {
  listingsOf,
  type MarketView,
  type WireRequest,
  type WireRow,
} from "../../src/simulator/wire.ts";
import { DEMO_WIRES } from "../support/simulator-wires/index.ts";
import { typeClashes } from "../support/simulator-wires/json-types.ts";
import type { DemoWire, WirePayload } from "../support/simulator-wires/wire.ts";
import { describeRecorded } from "../support/recorded.ts";
import {
  ask,
  askJson,
  at,
  DEMO_START_MS,
  demoMarket,
  type DemoRequest,
  type Json,
  objectOf,
  rowsAt,
} from "../support/simulator.ts";

/** An exchange with at most this many instruments has them at every scale. */
const FEW = 5;
const HOUR_SECONDS = 3600;
const HOUR_MS = 3_600_000;
const ROW_FAULTS = ["empty_list", "half_list", "garbage_numbers", "missing_field"] as const;

/** One market for all tests that only read it. */
const market = demoMarket();
/** One whose faults are switched on and off again, a minute later in time. */
const troubled = demoMarket();
troubled.step(60_000);

function titleOf({ exchange }: DemoWire, { path, body }: DemoRequest): string {
  return `${exchange}${path}${body === undefined ? "" : ` ${JSON.stringify(body)}`}`;
}

const CASES = DEMO_WIRES.flatMap((wire) =>
  wire.payloads.map((payload): [string, DemoWire, WirePayload] => [
    titleOf(wire, payload.request),
    wire,
    payload,
  ]),
);

function rowsOf(payload: WirePayload, answer: unknown): readonly Json[] {
  if (payload.rows !== undefined) return rowsAt(answer, ...payload.rows);
  return [objectOf(at(answer, ...(payload.one ?? [])))];
}

/** The bodies of the requests of a refresh, concatenated, or of those for its rates only. */
async function usualText(of: Market, exchange: ExchangeName, what = "all"): Promise<string> {
  const encoder = ENCODERS[exchange];
  const bodies: string[] = [];
  for (const request of encoder.usual) {
    const reply = encoder.route(wireRequest(request));
    if (what === "rates" && (reply.type === "error" || reply.kind !== "rates")) continue;
    const response = await ask(of, exchange, request);
    if (response.status !== 200) throw new Error(`${exchange}${request.path}: ${response.status}`);
    bodies.push(await response.text());
  }
  return bodies.join("\n");
}

/** A request of a refresh as the encoder gets it. */
function wireRequest({ path, body }: DemoRequest): WireRequest {
  const url = new URL(`http://simulator/x${path}`);
  const [, head = "", ...rest] = url.pathname.split("/");
  return {
    method: body === undefined ? "GET" : "POST",
    host: head.split(".")[1] ?? null,
    path: `/${rest.join("/")}`,
    query: url.searchParams,
    headers: new Headers(),
    body: body ?? null,
  };
}

/** All rate rows of a refresh as the encoder makes them, before they are wrapped. */
function rateRows(exchange: ExchangeName): readonly WireRow[] {
  const encoder = ENCODERS[exchange];
  const listings = listingsOf(encoder, createAssets(1, 1_000, 300), 1, 1);
  const view: MarketView = {
    listings,
    nowMs: DEMO_START_MS,
    stampMs: DEMO_START_MS,
    pastFromMs: 0,
    maxPastRows: 1_000,
  };
  return encoder.usual.flatMap((request) => {
    const reply = encoder.route(wireRequest(request));
    if (reply.type === "error" || reply.kind !== "rates") return [];
    return reply.rows(view);
  });
}

describe("a row has every key that the exchange's description uses", () => {
  test.each(CASES)("%s", async (_title, { exchange }, payload) => {
    const rows = rowsOf(payload, await askJson(market, exchange, payload.request));
    expect(rows.length).toBeGreaterThan(0);
    const keys = payload.keys.split(" ").filter((key) => key !== "");
    const lacking = rows.flatMap((row) => keys.filter((key) => row[key] === undefined));
    expect([...new Set(lacking)]).toEqual([]);
    expect(rows.every((row) => Object.keys(row).length > 0)).toBe(true);
  });
});

describe("no number is printed with an exponent inside a string", () => {
  test.each(CASES)("%s", async (_title, { exchange }, payload) => {
    const text = await (await ask(market, exchange, payload.request)).text();
    const odd = text.match(/"-?\d[\d.]*e[+-]?\d+"|"-?(?:NaN|Infinity)"/gi) ?? [];
    // One exchange spells zero that way, as documented.
    expect(odd.filter((found) => found !== '"0E-18"')).toEqual([]);
  });
});

describe("a wrong request is refused with the exchange's own error", () => {
  const refusals = DEMO_WIRES.flatMap((wire) =>
    wire.refusals.map((refusal): [string, DemoWire, (typeof wire.refusals)[number]] => [
      titleOf(wire, refusal.request),
      wire,
      refusal,
    ]),
  );

  test.each(refusals)("%s", async (_title, { exchange }, { request, status, body }) => {
    const response = await ask(market, exchange, request);
    expect(response.status).toBe(status);
    const type = response.headers.get("content-type") ?? "text/plain";
    const text = await response.text();
    const isJson = typeof body !== "string" || body.startsWith("[");
    expect(type).toStartWith(isJson ? "application/json" : "text/plain");
    if (typeof body === "string") expect(text).toContain(body);
    else expect(JSON.parse(text)).toMatchObject(objectOf(body));
  });
});

test("every exchange is described, and refuses something", () => {
  expect(DEMO_WIRES.map(({ exchange }) => exchange)).toEqual([...EXCHANGES]);
  expect(DEMO_WIRES.filter(({ refusals }) => refusals.length === 0)).toEqual([]);
});

describe.each(DEMO_WIRES.map((wire): [string, DemoWire] => [wire.exchange, wire]))(
  "%s",
  (...args) => {
    const [, { exchange, shown, skipped }] = args;
    const truth = market.truth(exchange);

    test("shows as many instruments as the real one, and a tenth of them at a tenth of the scale", () => {
      expect(Math.abs(truth.instruments.length - shown) / shown).toBeLessThan(0.05);
      const small = demoMarket({ scale: 0.1 }).truth(exchange).instruments.length;
      expect(small).toBeGreaterThan(0);
      // Two contracts are not halved.
      if (shown > FEW) expect(small).toBeLessThan(truth.instruments.length * 0.5);
    });

    test("no symbol occurs twice, and each one that is shown has its rate row", () => {
      const named = [...truth.instruments, ...truth.skipped].map((row) => row.exchange_symbol);
      expect(named.length).toBe(new Set(named).size);
      const rated = rateRows(exchange).map((row) => ENCODERS[exchange].fields.symbolOf(row));
      expect(rated.length).toBe(new Set(rated).size);
      const known = new Set(rated);
      const lacking = truth.instruments.filter((row) => !known.has(row.exchange_symbol));
      expect(lacking.map((row) => row.exchange_symbol)).toEqual([]);
    });

    test("every corruptible key is in the rate rows", () => {
      const { rate, prices } = ENCODERS[exchange].fields;
      const seen = new Set(
        rateRows(exchange).flatMap((row) => [
          ...Object.keys(row),
          ...Object.values(row).flatMap((part) => Object.keys(objectOf(part))),
        ]),
      );
      expect([rate, ...prices].filter((field) => !seen.has(field))).toEqual([]);
    });

    test("numbers are realistic: finite rates, positive prices, names in capitals", () => {
      const odd = truth.instruments.filter((row) => {
        const amounts = [row.volume_24h_usd, row.open_interest_usd];
        const prices = [row.mark_price, row.index_price];
        return (
          !(Math.abs(row.funding_rate) <= 1) ||
          amounts.some((value) => value !== null && !(value >= 0)) ||
          prices.some((value) => value !== null && !(value > 0)) ||
          row.base === "" ||
          row.base !== row.base.toUpperCase()
        );
      });
      expect(odd).toEqual([]);
      expect(new Set(truth.instruments.map((row) => row.funding_rate)).size).toBeGreaterThan(
        Math.min(FEW, shown - 1),
      );
    });

    test("each kind of listing that must not be shown is on the wire", async () => {
      const reasons = [...new Set(truth.skipped.map((row) => row.reason))];
      expect(reasons.toSorted()).toEqual([...skipped].toSorted());
      const text = await usualText(market, exchange);
      const unseen = reasons.filter(
        (reason) =>
          !truth.skipped.some(
            (row) => row.reason === reason && text.includes(JSON.stringify(row.exchange_symbol)),
          ),
      );
      expect(unseen).toEqual([]);
    });

    test("the market moves; the same seed gives the same bytes, another one does not", async () => {
      const now = await usualText(market, exchange);
      expect(await usualText(demoMarket(), exchange)).toBe(now);
      expect(await usualText(demoMarket({ seed: 2 }), exchange)).not.toBe(now);
      expect(await usualText(troubled, exchange)).not.toBe(now);
    });

    test("a settlement advances the next times, which are at most an interval ahead", () => {
      const moving = demoMarket();
      const before = new Map(
        truth.instruments.map((row) => [row.exchange_symbol, row.next_funding_time]),
      );
      for (const hours of [0, 1, 23]) {
        moving.step(hours * HOUR_MS);
        const now = moving.nowMs() / 1000;
        const odd = moving.truth(exchange).instruments.filter((row) => {
          const { next_funding_time: next, funding_interval_hours: interval } = row;
          if (row.accrual === "continuous") return next !== null;
          return next !== null && (next <= now || next > now + (interval ?? 24) * HOUR_SECONDS);
        });
        expect(odd).toEqual([]);
      }
      const stuck = moving
        .truth(exchange)
        .instruments.filter(
          (row) =>
            row.next_funding_time !== null &&
            row.next_funding_time === before.get(row.exchange_symbol),
        );
      expect(stuck).toEqual([]);
    });

    test("a delisted instrument is no longer shown, a relisted one is again", () => {
      const changing = demoMarket();
      const symbol = truth.instruments[0]?.exchange_symbol ?? "";
      const isShown = (): boolean =>
        changing.truth(exchange).instruments.some((row) => row.exchange_symbol === symbol);
      expect(isShown()).toBe(true);
      expect(changing.delist(exchange, symbol)).toBe(true);
      expect(isShown()).toBe(false);
      expect(changing.relist(exchange, symbol)).toBe(true);
      expect(isShown()).toBe(true);
    });

    const changedBy = async (name: FaultName): Promise<boolean> => {
      const faulty = demoMarket();
      faulty.setFault(exchange, { name });
      faulty.step(60_000);
      const sound = await usualText(troubled, exchange, "rates");
      return (await usualText(faulty, exchange, "rates")) !== sound;
    };

    test.each([...ROW_FAULTS, "frozen_timestamps"] as const)(
      "%s changes the rates that are sent, unless it is excepted with a reason",
      async (name) => {
        const reason = ENCODERS[exchange].exceptions?.[name];
        expect(await changedBy(name)).toBe(reason === undefined);
        if (reason !== undefined) expect(reason.length).toBeGreaterThan(10);
      },
    );
  },
);

describeRecorded("against what the exchanges really sent", (read) => {
  const cases = CASES.flatMap(([title, wire, payload]) =>
    (payload.recorded ?? []).map((file): [string, string, DemoWire, WirePayload] => [
      title,
      file,
      wire,
      payload,
    ]),
  );

  test.each(cases)("%s is like %s", async (_title, file, { exchange }, payload) => {
    const answer = await askJson(market, exchange, payload.request);
    const recorded = await read(exchange, file);
    const known = rowsOf(payload, recorded);
    expect(Object.keys(known[0] ?? {}).length).toBeGreaterThan(0);
    expect(typeClashes(known, rowsOf(payload, answer))).toEqual([]);
    // The envelope, if any; its rows are compared above.
    if (payload.rows?.length !== 0) expect(typeClashes([recorded], [answer])).toEqual([]);
  });
});
