import { describe, expect, test } from "bun:test";
import { walkHistory, type WalkRange } from "../../src/collector/history-walk.ts";
import { type SettledRate, slotMsOf } from "../../src/domain/settlement.ts";
import type { Exchange, ExchangeHttp } from "../../src/exchanges/exchange.ts";
import type { HistoryInstrument, HistoryProfile } from "../../src/exchanges/history.ts";
import { isExchangeName } from "../../src/simulator/listing.ts";
import type { Payment } from "../../src/simulator/history.ts";
import { Market, type SimulatorOptions } from "../../src/simulator/running-market.ts";
import { describeRecorded } from "./recorded.ts";
import { simulatorHttp } from "./simulator-http.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Away from every settlement and its minute. */
const NOW_MS = Date.UTC(2026, 10, 2, 12, 17, 0);

/** A history in a file as recorded: what the first and the last of its rows mean, and how many there are. */
export interface RecordedHistory {
  readonly file: string;
  readonly exchangeSymbol: string;
  readonly key?: string;
  readonly rows: number;
  readonly first: SettledRate;
}

export interface HistoryDescription {
  readonly exchange: Exchange;
  /** Decimals of a rate there, 8 by default. */
  readonly rateDigits?: number;
  readonly recorded: readonly RecordedHistory[];
}

type Settlements = HistoryProfile<SettledRate>;

export function profileOf({ facts, history }: Exchange): Settlements {
  if (history?.kind !== "settlements") throw new Error(`${facts.id} has no settlements`);
  return history;
}

/** The simulator's limits are its own test: here all of a past is read at once. */
function marketOf(options: Partial<SimulatorOptions> = {}): Market {
  return new Market({ nowMs: () => NOW_MS, scale: 0.2, historyLimitFactor: 1e6, ...options });
}

/** Live instruments of a market, the first of each interval. */
function instrumentsOf(market: Market, id: string): HistoryInstrument[] {
  if (!isExchangeName(id)) throw new Error(`${id} is not simulated`);
  const byInterval = new Map<number | null, HistoryInstrument>();
  for (const truth of market.truth(id).instruments) {
    const { exchange_symbol: exchangeSymbol, funding_interval_hours: intervalHours } = truth;
    if (!byInterval.has(intervalHours))
      byInterval.set(intervalHours, { exchangeSymbol, intervalHours, key: null });
  }
  return [...byInterval.values()];
}

async function withKey(
  profile: Settlements,
  http: ExchangeHttp,
  instrument: HistoryInstrument,
): Promise<HistoryInstrument> {
  const keys = await profile.keys?.(http);
  return { ...instrument, key: keys?.get(instrument.exchangeSymbol) ?? null };
}

/** All rows of a walk, newest first, and where it had read to after each step. */
export async function walked(
  profile: Settlements,
  http: ExchangeHttp,
  instrument: HistoryInstrument,
  range: WalkRange,
): Promise<{ readonly rows: readonly SettledRate[]; readonly readFromMs: readonly number[] }> {
  const keyed = await withKey(profile, http, instrument);
  const rows: SettledRate[] = [];
  const readFromMs: number[] = [];
  const walk = { profile, http, instrument: keyed, timeOf: (row: SettledRate) => row.atMs };
  for await (const step of walkHistory(walk, range)) {
    rows.push(...step.rows);
    readFromMs.push(step.readFromMs);
  }
  return { rows, readFromMs };
}

/** What the exchange still has of an instrument's payments, newest first. */
function keptOf({ depth }: Settlements, payments: readonly Payment[] | null): Payment[] {
  const { days, rows } = depth;
  const fromMs = days === null ? 0 : NOW_MS - days * DAY_MS;
  const kept = (payments ?? []).filter(({ atMs }) => atMs >= fromMs);
  return kept.slice(rows === null ? 0 : -rows).toReversed();
}

const slots = (rows: readonly SettledRate[]) => rows.map(({ atMs }) => slotMsOf(atMs));

/** Tests the history of an exchange against the simulated market, and against pages as recorded. */
export function testHistory({ exchange, recorded, rateDigits = 8 }: HistoryDescription): void {
  const { id } = exchange.facts;
  if (!isExchangeName(id)) throw new Error(`${id} is not simulated`);
  const profile = profileOf(exchange);
  const all = { fromMs: NOW_MS - 100 * DAY_MS, toMs: NOW_MS };

  describe(`the history of ${id}`, () => {
    test("reads every payment that is kept, none twice, at its slot and with its rate", async () => {
      const market = marketOf();
      const instruments = instrumentsOf(market, id);
      expect(instruments.length).toBeGreaterThan(0);
      for (const instrument of instruments) {
        const http = simulatorHttp(market, id);
        const { rows, readFromMs } = await walked(profile, http, instrument, all);
        const kept = keptOf(profile, market.payments(id, instrument.exchangeSymbol));
        expect(kept.length).toBeGreaterThan(20);
        expect(slots(rows)).toEqual(kept.map(({ slotMs }) => slotMs));
        for (const [index, row] of rows.entries()) {
          const payment = kept[index];
          if (payment === undefined) throw new Error("a payment too many");
          expect(Number(row.rate)).toBeCloseTo(payment.rate, rateDigits);
          expect(row.intervalHours ?? payment.intervalHours).toBe(payment.intervalHours);
          // Mark, index and oracle are a fraction of a percent apart.
          expect((row.markPrice ?? payment.mark) / payment.mark).toBeCloseTo(1, 2);
        }
        expect(readFromMs.at(-1)).toBe(all.fromMs);
        expect(readFromMs).toEqual(readFromMs.toSorted((one, other) => other - one));
      }
    });

    test.each([3, 20, 57])("is the same in pages of %i rows", async (maxPastRows) => {
      if (profile.paging.by === "nothing") return;
      const [instrument] = instrumentsOf(marketOf(), id);
      if (instrument === undefined) throw new Error("no instrument");
      const range = { fromMs: NOW_MS - 20 * DAY_MS, toMs: NOW_MS };
      const read = async (options: Partial<SimulatorOptions>) => {
        const http = simulatorHttp(marketOf(options), id);
        return (await walked(profile, http, instrument, range)).rows;
      };
      expect(await read({ maxPastRows })).toEqual(await read({}));
    });

    test("lacks a payment that the exchange lacks, and nothing else", async () => {
      const market = marketOf();
      const [instrument] = instrumentsOf(market, id);
      const symbol = instrument?.exchangeSymbol ?? "";
      const hole = market.payments(id, symbol)?.at(-5)?.slotMs ?? 0;
      market.makeHole(id, symbol, hole);
      const http = simulatorHttp(market, id);
      if (instrument === undefined) throw new Error("no instrument");
      const { rows } = await walked(profile, http, instrument, all);
      const kept = keptOf(profile, market.payments(id, symbol));
      expect(slots(rows)).toEqual(kept.map(({ slotMs }) => slotMs));
      expect(slots(rows)).not.toContain(hole);
    });

    test("respects the half-open bounds of a range", async () => {
      const market = marketOf();
      const [instrument] = instrumentsOf(market, id);
      if (instrument === undefined) throw new Error("no instrument");
      const kept = keptOf(profile, market.payments(id, instrument.exchangeSymbol)).toReversed();
      const [from, to] = [kept[4], kept[14]];
      if (from === undefined || to === undefined) throw new Error("too few payments");
      const range = { fromMs: from.slotMs - 30_000, toMs: to.slotMs - 30_000 };
      const { rows } = await walked(profile, simulatorHttp(market, id), instrument, range);
      expect(slots(rows).toReversed()).toEqual(kept.slice(4, 14).map(({ slotMs }) => slotMs));
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

  describeRecorded(`recorded histories of ${id}`, (read) => {
    test.each(recorded.map((one) => [one.file, one] as const))("%s", async (file, one) => {
      const body = await read(id, file);
      const http: ExchangeHttp = {
        get: (_path, decode) => Promise.resolve(decode(body)),
        postRead: (_path, _body, decode) => Promise.resolve(decode(body)),
      };
      const { exchangeSymbol, key = null, rows, first } = one;
      const instrument = { exchangeSymbol, intervalHours: null, key };
      const page = await profile.load(http, {
        instrument,
        fromMs: 0,
        toMs: Date.UTC(2100, 0, 1),
        page: 1,
        cursor: null,
      });
      expect(page.rows).toHaveLength(rows);
      expect(page.rows[0]).toEqual(first);
    });
  });
}
