import { expect } from "bun:test";
import fc from "fast-check";
import { walkHistory, type WalkRange } from "../../src/collector/history-walk.ts";
import { slotMsOf } from "../../src/domain/settlement.ts";
import type { ExchangeHttp } from "../../src/exchanges/exchange.ts";
import type { HistoryPage, HistoryProfile, HistoryRequest } from "../../src/exchanges/history.ts";

const HOUR_MS = 3_600_000;

/** The first payment of a generated past. */
export const START_MS = Date.UTC(2026, 0, 5);

/** More requests than any walk of a sound source needs. */
const TOO_MANY = 6_000;

export interface PastRow {
  readonly atMs: number;
}

type Profile = HistoryProfile<PastRow>;
/** What tests of a walk say about a source. */
export type PastShape = Pick<Profile, "paging" | "maxRows" | "bounds"> & Partial<Profile>;
/** What a source answers to its n-th request, from 0. */
export type PastAnswer = (request: HistoryRequest, place: number) => HistoryPage<PastRow>;

/** What a walk yielded and requested, slots newest first. */
export interface WalkedPast {
  readonly slots: readonly number[];
  readonly readFromMs: readonly number[];
  readonly pages: readonly number[];
  readonly requests: readonly HistoryRequest[];
  /** The failure that ended it, null if it came to its end. */
  readonly failure: unknown;
}

const offline: ExchangeHttp = {
  get: () => Promise.reject(new Error("no source uses the network")),
  postRead: () => Promise.reject(new Error("no source uses the network")),
};

/** Walks a source of the test's own. */
export async function walkPast(
  shape: PastShape,
  answer: PastAnswer,
  range: WalkRange,
  intervalHours: number | null = null,
): Promise<WalkedPast> {
  const requests: HistoryRequest[] = [];
  const profile: Profile = {
    order: "unknown",
    depth: { words: "", days: null, rows: null },
    pacing: { requests: 1, perMs: 1000 },
    caveats: [],
    ...shape,
    load: (_http, request) => {
      requests.push(request);
      if (requests.length > TOO_MANY) throw new Error("the walk does not end");
      return Promise.resolve(answer(request, requests.length - 1));
    },
  };
  const instrument = { exchangeSymbol: "BTC", intervalHours, key: null };
  const timeOf = ({ atMs }: PastRow): number => atMs;
  const slots: number[] = [];
  const readFromMs: number[] = [];
  const pages: number[] = [];
  const walk = { profile, http: offline, instrument, timeOf };
  try {
    for await (const step of walkHistory(walk, range)) {
      slots.push(...step.rows.map(({ atMs }) => slotMsOf(atMs)));
      readFromMs.push(step.readFromMs);
      pages.push(step.page);
    }
  } catch (failure) {
    return { slots, readFromMs, pages, requests, failure };
  }
  return { slots, readFromMs, pages, requests, failure: null };
}

/** Payments of a generated past, oldest first: runs of one interval, each followed by hours without any. */
export const pasts = fc
  .array(
    fc.record({
      hours: fc.constantFrom(1, 2, 4, 8),
      count: fc.integer({ min: 1, max: 60 }),
      holeHours: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 30 * 24 })),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((runs) => {
    let atMs = START_MS;
    return runs.flatMap(({ hours, count, holeHours }) => {
      const first = atMs;
      atMs += (count * hours + holeHours) * HOUR_MS;
      return Array.from({ length: count }, (_, index) => first + index * hours * HOUR_MS);
    });
  });

/** The bounds of a range as shares of a past; half an hour away from any payment. */
export const shares = {
  fromShare: fc.double({ min: -0.2, max: 0.9, noNaN: true }),
  toShare: fc.double({ min: 0.1, max: 1.2, noNaN: true }),
};

export function rangeOfShares(
  past: readonly number[],
  { fromShare, toShare }: { readonly fromShare: number; readonly toShare: number },
): WalkRange {
  const lengthMs = (past.at(-1) ?? START_MS) - START_MS;
  const at = (share: number): number =>
    START_MS + (Math.round((lengthMs * share) / HOUR_MS) + 0.5) * HOUR_MS;
  return { fromMs: at(fromShare), toMs: at(toShare) };
}

export function slotsWithin(past: readonly number[], fromMs: number, toMs: number): number[] {
  return past.filter((slotMs) => slotMs >= fromMs && slotMs < toMs);
}

/** The payments of a past as the reply to the n-th request has them: each a little before or after its slot. */
export function jittered(past: readonly number[], place: number, jitterMs: number): PastRow[] {
  return past.map((slotMs, index) => ({
    atMs: slotMs + Math.floor((((index * 7 + place * 13) % 11) / 11 - 0.4) * jitterMs),
  }));
}

/** The rows of a page in another order each time, and one of them twice. */
export function careless(rows: readonly PastRow[], place: number): PastRow[] {
  const shift = place % Math.max(1, rows.length);
  const turned = [...rows.slice(shift), ...rows.slice(0, shift)];
  const ordered = place % 2 === 0 ? turned : turned.toReversed();
  return [...ordered, ...ordered.slice(0, 1).map(({ atMs }) => ({ atMs: atMs + 1 }))];
}

export function rowsWithin(rows: readonly PastRow[], fromMs: number, toMs: number): PastRow[] {
  return rows.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
}

export function plainRows(slots: readonly number[]): PastRow[] {
  return slots.map((atMs) => ({ atMs }));
}

/** Expects each payment of a range once, newest first, and a mark that goes down to its start. */
export function expectWhole(walked: WalkedPast, past: readonly number[], range: WalkRange): void {
  const { slots, readFromMs, failure } = walked;
  expect(failure).toBeNull();
  expect(slots).toEqual(slotsWithin(past, range.fromMs, range.toMs).toReversed());
  if (range.fromMs >= range.toMs) return;
  expect(readFromMs.at(-1)).toBe(range.fromMs);
  expect(readFromMs).toEqual(readFromMs.toSorted((one, other) => other - one));
}
