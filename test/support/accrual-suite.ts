import { describe, expect, test } from "bun:test";
import { walkHistory, type WalkRange } from "../../src/collector/history-walk.ts";
import type { AccruedAmount, AccrualUnit } from "../../src/domain/settlement.ts";
import type { Exchange, ExchangeHttp } from "../../src/exchanges/exchange.ts";
import type { HistoryInstrument, HistoryProfile } from "../../src/exchanges/history.ts";
import type { AccruedHour } from "../../src/simulator/accruals.ts";
import { isExchangeName } from "../../src/simulator/listing.ts";
import { Market, type SimulatorOptions } from "../../src/simulator/running-market.ts";
import { simulatorHttp } from "./simulator-http.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Away from every full hour. */
const NOW_MS = Date.UTC(2026, 10, 2, 12, 17, 0);

/** Enough instruments to see more than one magnitude of amounts. */
const INSTRUMENTS = 3;

export interface AccrualDescription {
  readonly exchange: Exchange;
  readonly unit: AccrualUnit;
  /** The hours that are lost if the exchange has nothing for the end of one hour: itself, or the one after it, too. */
  readonly lostByHole: readonly ("own" | "next")[];
}

type Accruals = HistoryProfile<AccruedAmount>;

/** The profile of an exchange that has accruals. */
export function accrualProfileOf({ facts, history }: Exchange): Accruals {
  if (history?.kind !== "accruals") throw new Error(`${facts.id} has no accruals`);
  return history;
}

/** The simulator's limits are its own test: here all of a past is read at once. */
function marketOf(options: Partial<SimulatorOptions> = {}): Market {
  return new Market({ nowMs: () => NOW_MS, scale: 0.2, historyLimitFactor: 1e6, ...options });
}

/** All rows of a walk, newest first, and where it had read to after each step. */
export async function walkedAccruals(
  profile: Accruals,
  http: ExchangeHttp,
  exchangeSymbol: string,
  range: WalkRange,
): Promise<{ readonly rows: readonly AccruedAmount[]; readonly readFromMs: readonly number[] }> {
  const instrument: HistoryInstrument = { exchangeSymbol, intervalHours: null, key: null };
  const rows: AccruedAmount[] = [];
  const readFromMs: number[] = [];
  const walk = { profile, http, instrument, timeOf: (row: AccruedAmount) => row.hourEndMs };
  for await (const step of walkHistory(walk, range)) {
    rows.push(...step.rows);
    readFromMs.push(step.readFromMs);
  }
  return { rows, readFromMs };
}

const ends = (rows: readonly AccruedAmount[]) => rows.map(({ hourEndMs }) => hourEndMs);

/** The exact sum of decimal texts, as a decimal text. */
export function sumOfDecimals(texts: readonly string[]): string {
  const places = Math.max(...texts.map((text) => text.split(".")[1]?.length ?? 0));
  const units = texts.map((text) => {
    const [, sign = "", whole = "", fraction = ""] = /^(-?)(\d+)\.?(\d*)$/.exec(text) ?? [];
    return BigInt(`${sign}${whole}${fraction.padEnd(places, "0")}`);
  });
  const total = units.reduce((one, other) => one + other, 0n);
  const digits = String(total < 0n ? -total : total).padStart(places + 1, "0");
  const split = digits.length - places;
  const text = `${digits.slice(0, split)}.${digits.slice(split)}`.replace(/\.?0+$/, "");
  return total < 0n ? `-${text}` : text;
}

/** Exchanges print a limited number of digits. */
const AMOUNT_DIGITS = 9;

/** Tests the accrued amounts of an exchange with continuous funding against the simulated market. */
export function testAccruals({ exchange, unit, lostByHole }: AccrualDescription): void {
  const { id } = exchange.facts;
  if (!isExchangeName(id)) throw new Error(`${id} is not simulated`);
  const profile = accrualProfileOf(exchange);
  const all = { fromMs: NOW_MS - 100 * DAY_MS, toMs: NOW_MS };
  const week = { fromMs: NOW_MS - 7 * DAY_MS, toMs: NOW_MS };
  const amountOf = ({ fraction, perUnit }: AccruedHour) =>
    unit === "fraction" ? fraction : perUnit;
  const symbolsOf = (market: Market): string[] => {
    const instruments = market.truth(id).instruments.slice(0, INSTRUMENTS);
    return instruments.map(({ exchange_symbol: symbol }) => symbol);
  };
  const first = symbolsOf(marketOf())[0] ?? "";

  describe(`the accruals of ${id}`, () => {
    test("has every hour that is kept, none twice, with its amount", async () => {
      const market = marketOf();
      for (const symbol of symbolsOf(market)) {
        const http = simulatorHttp(market, id);
        const { rows, readFromMs } = await walkedAccruals(profile, http, symbol, all);
        const kept = (market.accruals(id, symbol) ?? []).toReversed();
        expect(kept.length).toBeGreaterThan(1000);
        expect(ends(rows)).toEqual(kept.map(({ endMs }) => endMs));
        for (const [index, row] of rows.entries()) {
          const hour = kept[index];
          if (hour === undefined) throw new Error("an hour too many");
          expect(row.unit).toBe(unit);
          expect(row.amount).toMatch(/^-?\d+(?:\.\d+)?$/);
          expect(Number(row.amount)).toBeCloseTo(amountOf(hour), AMOUNT_DIGITS);
        }
        expect(readFromMs.at(-1)).toBe(all.fromMs);
        expect(readFromMs).toEqual(readFromMs.toSorted((one, other) => other - one));
      }
    });

    test.each([3, 20, 57])("is the same in pages of %i rows", async (maxPastRows) => {
      const read = async (options: Partial<SimulatorOptions>) => {
        const http = simulatorHttp(marketOf(options), id);
        return (await walkedAccruals(profile, http, first, week)).rows;
      };
      expect(await read({ maxPastRows })).toEqual(await read({}));
    });

    test("has nothing over a hole", async () => {
      const market = marketOf();
      const hole = market.accruals(id, first)?.at(-30)?.endMs ?? 0;
      market.makeHole(id, first, hole);
      const { rows } = await walkedAccruals(profile, simulatorHttp(market, id), first, week);
      const lost = lostByHole.map((which) => (which === "own" ? hole : hole + HOUR_MS));
      const hours = (market.accruals(id, first) ?? []).map(({ endMs }) => endMs);
      const expected = hours.filter((endMs) => endMs >= week.fromMs && !lost.includes(endMs));
      expect(ends(rows).toReversed()).toEqual(expected);
    });

    test("respects the half-open bounds of a range", async () => {
      const fromMs = Date.UTC(2026, 9, 20, 3);
      const toMs = Date.UTC(2026, 9, 20, 9);
      const http = simulatorHttp(marketOf(), id);
      const { rows } = await walkedAccruals(profile, http, first, { fromMs, toMs });
      const hours = Array.from({ length: 6 }, (_none, hour) => fromMs + hour * HOUR_MS);
      expect(ends(rows).toReversed()).toEqual(hours);
    });

    test("is paced below the exchange's limit", () => {
      const { requests, perMs } = profile.pacing;
      const overall = exchange.facts.pacing;
      expect(requests / perMs).toBeLessThanOrEqual(overall.requests / overall.perMs);
      const limit = marketOf().encoder(id).historyLimit;
      expect(limit).toBeDefined();
      if (limit !== undefined)
        expect(requests / perMs).toBeLessThanOrEqual(limit.requests / limit.perMs);
    });
  });
}
