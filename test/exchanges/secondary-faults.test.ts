import { describe, expect, test } from "bun:test";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import { flagNames } from "../../src/domain/flags.ts";
import { fundingRow } from "../../src/http/lists/funding-row.ts";
import { type ExchangeLab, exchangeLab } from "../support/exchange-lab.ts";
import { partFor } from "../support/part-of-market.ts";
import { NOON_MS } from "../support/quote.ts";
import { asksOf, type WiredAsk } from "../support/simulator-source.ts";
import { LONG_MS } from "../support/patience.ts";

const START_MS = NOON_MS + 17 * 60_000;
const MINUTE_MS = 60_000;

/** What every exchange requests, according to its adapter. */
const ASKS = new Map<ExchangeId, readonly WiredAsk[]>();
for (const id of EXCHANGE_IDS) ASKS.set(id, await asksOf(id));

/** An exchange, the name of one of its payloads, and the text that its requests contain. */
type NamedAsk = [id: ExchangeId, name: string, request: string];

function asksOfKind(kind: WiredAsk["kind"]): readonly NamedAsk[] {
  return [...ASKS].flatMap(([id, asks]) =>
    asks
      .filter((ask) => ask.kind === kind)
      .map(({ name, requests }): NamedAsk => [id, name, requests[0] ?? ""]),
  );
}

/** Whether another payload uses the same request: then one cannot fail without the other. */
function isShared([id, name, request]: NamedAsk): boolean {
  const others = (ASKS.get(id) ?? []).filter((ask) => ask.name !== name);
  return others.some(({ requests }) => requests.some((other) => other.includes(request)));
}

const OPTIONAL_ASKS = [...asksOfKind("secondary"), ...asksOfKind("intervals")];

/** Secondary requests that instruments depend on: of a second host or currency, of builders and their currencies. */
const CARRIES_INSTRUMENTS = /^(gate usd1Contracts|delta global|hyperliquid (dex:|spotMeta))/;

/** What a field may be if its own payload is missing: another one's price, seconds older. */
const SUBSTITUTE_TOLERANCE = 0.01;

function isSubstitute(value: unknown, truth: unknown): boolean {
  if (value === null || value === truth) return true;
  if (typeof value !== "number" || typeof truth !== "number") return false;
  return Math.abs(value - truth) <= SUBSTITUTE_TOLERANCE * Math.abs(truth);
}

/** The served rows and, for each that is not entirely true, which fields are what. */
async function servedBy(lab: ExchangeLab, id: ExchangeId) {
  const snapshot = await lab.snapshot();
  const served = snapshot.rows.map((row) => fundingRow(row, Math.floor(snapshot.asOfMs / 1000)));
  const truth = new Map(
    lab.simulator.market.truth(id).instruments.map((row) => [row.exchange_symbol, row]),
  );
  return { served, truth };
}

/** A field of a row: true or null, or with a substitute nearly true. */
const FIELDS = [
  "base",
  "funding_rate",
  "asset_class",
  "funding_interval_hours",
  "next_funding_time",
  "predicted_rate",
  "instant_rate",
  "settled_rate",
  "settled_at",
  "mark_price",
  "index_price",
  "volume_24h_usd",
  "open_interest_usd",
] as const;

describe("a secondary request or an interval source that fails from the start", () => {
  test("can fail alone, except a list that is also read for its prices", () => {
    expect(OPTIONAL_ASKS.filter(isShared).map(([id, name]) => `${id} ${name}`)).toEqual([
      "aevo prices",
    ]);
  });

  test.each(OPTIONAL_ASKS.filter((ask) => !isShared(ask)))(
    "%s %s: its fields are null, the exchange is degraded, the rates are served",
    async (id, name, paths) => {
      using lab = exchangeLab([id], START_MS, "whole", partFor(id));
      lab.simulator.market.freeze();
      lab.simulator.market.setFault(id, { name: "http500", paths });
      const { outcome } = await lab.cycle(id);
      expect(outcome).toMatchObject({
        kind: "accepted",
        degradedBy: expect.stringContaining("HTTP 500"),
      });
      const { served, truth } = await servedBy(lab, id);
      const wrong: string[] = [];
      const lost = new Set<string>();
      for (const row of served) {
        const real = truth.get(row.exchange_symbol);
        for (const field of FIELDS) {
          if (row[field] === null && (real?.[field] ?? null) !== null) lost.add(field);
          if (!isSubstitute(row[field], real?.[field]))
            wrong.push(`${row.exchange_symbol} ${field} ${row[field]}, not ${real?.[field]}`);
        }
      }
      expect(wrong).toEqual([]);
      if (CARRIES_INSTRUMENTS.test(`${id} ${name}`)) {
        expect(served.length).toBeGreaterThan(truth.size * 0.5);
        expect(served.length).toBeLessThan(truth.size);
      } else {
        expect(served).toHaveLength(truth.size);
        expect([name, [...lost]]).not.toEqual([name, []]);
      }
      lab.simulator.market.clearFaults();
      await lab.clock.advance(MINUTE_MS);
      expect((await lab.cycle(id)).outcome).toMatchObject({ degradedBy: null });
    },
    LONG_MS,
  );
});

/** Exchanges whose intervals come from a separate request. */
const INTERVAL_SOURCES = asksOfKind("intervals");

async function unknownIntervals(lab: ExchangeLab): Promise<number> {
  const { rows } = await lab.snapshot();
  return rows.filter(({ flags }) => flagNames(flags).includes("interval_unknown")).length;
}

test.each(INTERVAL_SOURCES)(
  "%s, an interval source (%s) that fails for half an hour: intervals become unknown, not wrong, and return",
  async (id, name, paths) => {
    using lab = exchangeLab([id], START_MS, "whole", partFor(id));
    await lab.cycle(id);
    const size = (await lab.snapshot()).rows.length;
    const usual = await unknownIntervals(lab);
    expect(usual).toBeLessThan(size * 0.1);
    lab.simulator.market.setFault(id, { name: "http500", paths });
    await lab.clock.advance(29 * MINUTE_MS);
    await lab.cycle(id);
    expect(await unknownIntervals(lab)).toBe(usual);
    await lab.clock.advance(2 * MINUTE_MS);
    await lab.cycle(id);
    expect(await unknownIntervals(lab)).toBe(size);
    expect(lab.state(id).degradedBy).toContain(name);
    lab.simulator.market.clearFaults();
    await lab.clock.advance(MINUTE_MS);
    await lab.cycle(id);
    expect(await unknownIntervals(lab)).toBe(usual);
    const events = lab.database.db.query("SELECT count(*) AS n FROM interval_changes").get();
    expect(events).toEqual({ n: 0 });
  },
  LONG_MS,
);

describe.each(["at once", "after a complete one"])(
  "an interval source that lost half of its rows %s",
  (when) => {
    test.each(INTERVAL_SOURCES)(
      "%s: what it lost is unknown, never the default",
      async (id, _name, paths) => {
        using lab = exchangeLab([id], START_MS, "whole", partFor(id));
        if (when === "after a complete one") await lab.cycle(id);
        lab.simulator.market.setFault(id, { name: "half_list", paths });
        await lab.clock.advance(6 * MINUTE_MS);
        await lab.cycle(id);
        const { rows } = await lab.snapshot();
        const truth = new Map(
          lab.simulator.market
            .truth(id)
            .instruments.map((row) => [row.exchange_symbol, row.funding_interval_hours]),
        );
        const known = rows.filter(({ record }) => record.fundingIntervalHours !== null);
        const wrong = known.filter(
          ({ record }) => truth.get(record.exchangeSymbol) !== record.fundingIntervalHours,
        );
        expect(wrong.map(({ record }) => record.exchangeSymbol)).toEqual([]);
        const assumed = known.filter(
          ({ record }) => record.intervalSource === "documented_default",
        );
        expect(assumed).toEqual([]);
        const share = known.length / rows.length;
        expect(rows).toHaveLength(truth.size);
        expect(share).toBeGreaterThan(0.3);
        expect(share).toBeLessThan(0.6);
      },
      LONG_MS,
    );
  },
);

describe("changes at an exchange", () => {
  test("a changed interval is one event, and right in the same batch if the rate states it", async () => {
    using lab = exchangeLab(["bybit"], START_MS);
    await lab.cycle("bybit");
    const before = lab.simulator.market
      .truth("bybit")
      .instruments.find((row) => row.funding_interval_hours === 8);
    const symbol = before?.exchange_symbol ?? "";
    expect(lab.simulator.market.setInterval("bybit", symbol, 1)).toBe(true);
    await lab.clock.advance(MINUTE_MS);
    await lab.cycle("bybit");
    const row = (await lab.snapshot()).rows.find(({ record }) => record.exchangeSymbol === symbol);
    expect(row?.record.fundingIntervalHours).toBe(1);
    const events = lab.database.db.query("SELECT from_hours, to_hours FROM interval_changes").all();
    expect(events).toEqual([{ from_hours: 8, to_hours: 1 }]);
  });

  test("a delisted instrument leaves after three complete batches; listed again it is another one", async () => {
    using lab = exchangeLab(["kucoin"], START_MS);
    await lab.cycle("kucoin");
    const symbol = lab.simulator.market.truth("kucoin").instruments[5]?.exchange_symbol ?? "";
    const uidOf = async (): Promise<string | undefined> =>
      (await lab.snapshot()).rows.find(({ record }) => record.exchangeSymbol === symbol)?.record
        .uid;
    const first = await uidOf();
    expect(first).toBeString();
    lab.simulator.market.delist("kucoin", symbol);
    for (const isListed of [true, true, false]) {
      await lab.clock.advance(MINUTE_MS);
      await lab.cycle("kucoin");
      expect((await uidOf()) !== undefined).toBe(isListed);
    }
    lab.simulator.market.relist("kucoin", symbol);
    await lab.clock.advance(MINUTE_MS);
    await lab.cycle("kucoin");
    const second = await uidOf();
    expect(second).toBeString();
    expect(second).not.toBe(first as string);
  });
});
