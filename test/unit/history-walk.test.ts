import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { HistoryRequest } from "../../src/exchanges/history.ts";
import {
  careless,
  expectWhole,
  jittered,
  type PastAnswer,
  type PastShape,
  pasts,
  plainRows,
  rangeOfShares,
  rowsWithin,
  shares,
  slotsWithin,
  START_MS,
  walkPast,
} from "../support/walked-past.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Longer than any range here. */
const UNLIMITED_DAYS = 1_000_000;
const FOREVER_MS = 1e15;

describe("a walk by time", () => {
  const settings = fc.record({
    past: pasts,
    ...shares,
    pageRows: fc.integer({ min: 1, max: 70 }),
    /** The profile may state more than is sent. */
    unsent: fc.constantFrom(0, 0, 30),
    jitterMs: fc.constantFrom(0, 5, 3_000, 20_000),
    rangeDays: fc.constantFrom(undefined, 3, 7, 30),
    intervalHours: fc.constantFrom(null, 1, 8),
    hasOpenBound: fc.boolean(),
  });

  test("reads all of a range from a source that sends the newest rows of it", async () => {
    await fc.assert(
      fc.asyncProperty(settings, async ({ past, pageRows, jitterMs, rangeDays, ...set }) => {
        const range = rangeOfShares(past, set);
        const maxDays = rangeDays ?? UNLIMITED_DAYS;
        const shape: PastShape = {
          paging: { by: "time", sends: "newest" },
          maxRows: pageRows + set.unsent,
          bounds: { from: set.hasOpenBound ? "none" : "inclusive", to: "exclusive" },
          ...(rangeDays === undefined ? {} : { maxRangeMs: rangeDays * DAY_MS }),
        };
        const answer: PastAnswer = ({ fromMs, toMs }, place) => {
          expect(toMs - fromMs).toBeLessThanOrEqual(maxDays * DAY_MS);
          const all = jittered(past, place, jitterMs);
          const found = rowsWithin(all, set.hasOpenBound ? 0 : fromMs, toMs);
          return { rows: careless(found.slice(-pageRows), place) };
        };
        const walked = await walkPast(shape, answer, range);
        expectWhole(walked, past, range);
        // A page that is not full may be one of fewer rows than stated: the next range begins at its oldest row.
        const parts = (2 * Math.max(0, range.toMs - range.fromMs)) / (maxDays * DAY_MS);
        const pages = walked.slots.length / pageRows;
        expect(walked.requests.length).toBeLessThanOrEqual(Math.ceil(pages) + Math.ceil(parts) + 1);
      }),
      { numRuns: 300 },
    );
  });

  test("reads all of a range from a source that sends the oldest rows of it", async () => {
    await fc.assert(
      fc.asyncProperty(settings, async ({ past, pageRows, jitterMs, rangeDays, ...set }) => {
        const range = rangeOfShares(past, set);
        const maxDays = rangeDays ?? UNLIMITED_DAYS;
        const maxRows = pageRows + set.unsent;
        const shape: PastShape = {
          paging: { by: "time", sends: "oldest" },
          maxRows,
          bounds: { from: "inclusive", to: set.hasOpenBound ? "none" : "exclusive" },
          ...(rangeDays === undefined ? {} : { maxRangeMs: rangeDays * DAY_MS }),
        };
        const answer: PastAnswer = ({ fromMs, toMs }, place) => {
          expect(toMs - fromMs).toBeLessThanOrEqual(maxDays * DAY_MS);
          const all = jittered(past, place, jitterMs);
          const found = rowsWithin(all, fromMs, set.hasOpenBound ? FOREVER_MS : toMs);
          return { rows: careless(found.slice(0, pageRows), place) };
        };
        const walked = await walkPast(shape, answer, range, set.intervalHours);
        expectWhole(walked, past, range);
        const fitsMs = Math.max(1, Math.floor(maxRows * 0.9)) * (set.intervalHours ?? 1) * HOUR_MS;
        const lengthMs = Math.min(fitsMs, maxDays * DAY_MS);
        const parts = (2 * Math.max(0, range.toMs - range.fromMs)) / lengthMs;
        const pages = (2 * walked.slots.length) / pageRows;
        expect(walked.requests.length).toBeLessThanOrEqual(2 * parts + pages + 2);
      }),
      { numRuns: 300 },
    );
  });

  const NEWEST: PastShape = {
    paging: { by: "time", sends: "newest" },
    maxRows: 100,
    bounds: { from: "inclusive", to: "exclusive" },
  };
  const OLDEST: PastShape = { ...NEWEST, paging: { by: "time", sends: "oldest" } };
  const hours = Array.from({ length: 3_000 }, (_, index) => START_MS + index * HOUR_MS);
  const whole = { fromMs: START_MS - HOUR_MS, toMs: START_MS + 3_000 * HOUR_MS };

  test("takes one request per page that is full of regular payments", async () => {
    const answer: PastAnswer = ({ fromMs, toMs }) => ({
      rows: plainRows(slotsWithin(hours, fromMs, toMs).slice(0, 100)),
    });
    const { requests, slots } = await walkPast(OLDEST, answer, whole, 1);
    expect(slots).toHaveLength(3_000);
    expect(requests.length).toBeLessThanOrEqual(3_000 / 89 + 2);
  });

  test("takes one request for what one page holds", async () => {
    const answer: PastAnswer = ({ toMs }) => ({
      rows: plainRows(slotsWithin(hours, 0, toMs).slice(-100)),
    });
    const recent = { fromMs: START_MS + 2_949.5 * HOUR_MS, toMs: whole.toMs };
    const open: PastShape = { ...NEWEST, bounds: { from: "none", to: "exclusive" } };
    const { requests, slots } = await walkPast(open, answer, recent, 1);
    expect(slots).toHaveLength(50);
    expect(requests).toHaveLength(1);
  });

  test.each([
    ["the newest rows whatever is requested", NEWEST, () => hours.slice(-100)],
    ["the newest rows instead of the oldest", OLDEST, () => hours.slice(-100)],
    [
      "the newest rows of what is not too old",
      OLDEST,
      ({ fromMs }: HistoryRequest) => slotsWithin(hours, fromMs, FOREVER_MS).slice(-100),
    ],
    ["the oldest rows whatever is requested", OLDEST, () => hours.slice(0, 100)],
    [
      "the newest rows where there is no lower bound",
      { ...NEWEST, bounds: { from: "none", to: "exclusive" } } satisfies PastShape,
      () => hours.slice(-100),
    ],
    [
      "only rows before the lower bound",
      OLDEST,
      ({ fromMs }: HistoryRequest) => slotsWithin(hours, fromMs - DAY_MS, fromMs - HOUR_MS),
    ],
  ] as const)("ends in an error at a source that sends %s", async (_name, shape, slotsFor) => {
    const answer: PastAnswer = (request) => ({ rows: plainRows(slotsFor(request)) });
    const { failure, requests } = await walkPast(shape, answer, whole, 1);
    expect(failure).toMatchObject({ name: "RequestFailure", kind: "bad_envelope" });
    expect(requests.length).toBeLessThanOrEqual(3);
  });

  test.each([
    ["newest", NEWEST],
    ["oldest", OLDEST],
  ] as const)("ends in an error if rows never end, %s", async (sends, shape) => {
    const answer: PastAnswer = ({ fromMs, toMs }) => ({
      rows: [{ atMs: sends === "newest" ? toMs - 1 : fromMs }],
    });
    const { failure, requests } = await walkPast(shape, answer, { fromMs: 0, toMs: START_MS }, 1);
    expect(failure).toMatchObject({ name: "RequestFailure", kind: "bad_envelope" });
    expect(requests.length).toBeLessThanOrEqual(5_000);
  });

  test.each([NEWEST, OLDEST])("ends where nothing came in 45 days (%#)", async (shape) => {
    const answer: PastAnswer = ({ fromMs, toMs }) => ({
      rows: plainRows(slotsWithin(hours, fromMs, toMs)),
    });
    const early = { fromMs: START_MS - 1_000 * DAY_MS, toMs: START_MS + 10 * HOUR_MS };
    const limited = { ...shape, maxRangeMs: 3 * DAY_MS };
    const { slots, readFromMs, requests } = await walkPast(limited, answer, early, 1);
    expect(slots).toHaveLength(10);
    expect(readFromMs.at(-1)).toBe(early.fromMs);
    expect(requests.length).toBeLessThanOrEqual(20);
    const emptyDays = (START_MS - (requests.at(-1)?.fromMs ?? 0)) / DAY_MS;
    expect(emptyDays).toBeGreaterThanOrEqual(44);
  });

  test.each([NEWEST, OLDEST])("ends where the source says so (%#)", async (shape) => {
    const answer: PastAnswer = ({ fromMs, toMs }) => ({
      rows: plainRows(slotsWithin(hours, fromMs, toMs)),
      isLast: true,
    });
    const recent = { fromMs: START_MS - 100 * DAY_MS, toMs: START_MS + 50 * HOUR_MS };
    const { slots, readFromMs } = await walkPast(shape, answer, recent, 1);
    expect(slots).toHaveLength(50);
    expect(readFromMs).toEqual([recent.fromMs]);
  });

  test.each([NEWEST, OLDEST])("requests nothing for an empty range (%#)", async (shape) => {
    const range = { fromMs: START_MS, toMs: START_MS };
    const { requests } = await walkPast(shape, () => ({ rows: [] }), range);
    expect(requests).toHaveLength(0);
  });
});
