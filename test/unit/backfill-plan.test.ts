import { describe, expect, test } from "bun:test";
import {
  type BackfillJob,
  estimatesEveryMs,
  firstJobs,
  jobOf,
  progressAfter,
  wantedFromMs,
} from "../../src/collector/backfill-plan.ts";
import { type Backfill, NOT_STARTED } from "../../src/db/history/backfill-repository.ts";
import type { DatedInstrument } from "../../src/db/market/instrument-descriptions.ts";
import { seriesOf } from "../support/history.ts";
import { NOON_MS } from "../support/quote.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365 * DAY_MS;
const LISTED_MS = NOON_MS - 100 * DAY_MS;
const DEPTH_MS = 2 * YEAR_MS;
const READING = { depthMs: DEPTH_MS, estimatesEveryMs: 4 * HOUR_MS, isPublishedLate: true };

function instrumentOf(changes: Partial<DatedInstrument> = {}): DatedInstrument {
  return {
    ...seriesOf("BTC"),
    accrual: "periodic",
    listedAt: LISTED_MS,
    fundingIntervalHours: 8,
    symbolFreeAt: null,
    symbolTakenAt: null,
    ...changes,
  };
}

const HALF: Backfill = {
  ...NOT_STARTED,
  readFromMs: NOON_MS - 30 * DAY_MS,
  readToMs: NOON_MS - HOUR_MS,
  page: 4,
  requests: 3,
  attemptedAtMs: NOON_MS - MINUTE_MS,
};
const WHOLE: Backfill = { ...HALF, readFromMs: LISTED_MS, page: null, complete: true };

function due(
  progress: Backfill,
  nowMs = NOON_MS,
  { instrument = instrumentOf(), estimatesMs = [] as readonly number[], depthMs = DEPTH_MS } = {},
) {
  const job = jobOf(instrument, { progress, estimatesMs }, nowMs, { ...READING, depthMs });
  return job === null ? null : [job.of, job.fromMs, job.toMs, job.page];
}

/** Accrued hours follow from an index: none is published late. */
const jobOfAccruals = (progress: Backfill, nowMs: number) =>
  jobOf(instrumentOf(), { progress, estimatesMs: [] }, nowMs, {
    ...READING,
    isPublishedLate: false,
  });

describe("how far back a past is wanted", () => {
  test("is to the listing, not before another listing of that symbol, and at most the setting", () => {
    const wanted = (changes: Partial<DatedInstrument>, depthMs = DEPTH_MS) =>
      wantedFromMs(instrumentOf(changes), NOON_MS, depthMs);
    expect(wanted({})).toBe(LISTED_MS);
    expect(wanted({ listedAt: null })).toBe(NOON_MS - DEPTH_MS);
    expect(wanted({}, 5 * DAY_MS)).toBe(NOON_MS - 5 * DAY_MS);
    expect(wanted({ symbolFreeAt: LISTED_MS + DAY_MS })).toBe(LISTED_MS + DAY_MS);
    expect(wanted({ listedAt: null, symbolFreeAt: 7 }, NOON_MS + 1)).toBe(7);
  });
});

describe("what is read next of an instrument", () => {
  test("is its whole past at first, then what is left of it", () => {
    expect(due(NOT_STARTED)).toEqual(["past", LISTED_MS, NOON_MS, null]);
    expect(due(HALF)).toEqual(["past", LISTED_MS, NOON_MS - 30 * DAY_MS, 4]);
  });

  test("is nothing before its listing", () => {
    const instrument = instrumentOf({ listedAt: NOON_MS + HOUR_MS });
    expect(due(NOT_STARTED, NOON_MS, { instrument })).toBeNull();
    expect(due(NOT_STARTED, NOON_MS + 2 * HOUR_MS, { instrument })).not.toBeNull();
  });

  test("is what is newest once a day when the past is complete", () => {
    const readToMs = NOON_MS - HOUR_MS;
    expect(due(WHOLE)).toBeNull();
    expect(due(WHOLE, readToMs + DAY_MS - 1)).toBeNull();
    // With the day before, part of which may have been published since.
    expect(due(WHOLE, readToMs + DAY_MS)).toEqual([
      "newest",
      readToMs - DAY_MS,
      readToMs + DAY_MS,
      null,
    ]);
    expect(jobOfAccruals(WHOLE, readToMs + DAY_MS)?.fromMs).toBe(readToMs);
  });

  test("is that when estimates may have been published: soon, in an hour, in six, in a day", () => {
    const slotMs = NOON_MS;
    // Asked for the last time right before each moment, and long before it.
    const askedBefore = (hours: number) => ({
      ...WHOLE,
      readToMs: NOON_MS - HOUR_MS,
      attemptedAtMs: slotMs + hours * HOUR_MS - 5 * HOUR_MS,
    });
    const isDue = (hours: number, progress = askedBefore(hours)) =>
      due(progress, slotMs + hours * HOUR_MS, { estimatesMs: [slotMs] }) !== null;
    const delays = Array.from({ length: 22 }, (_, hours) => hours + 0.5).filter((hours) =>
      isDue(hours),
    );
    // Five hours before, it was not asked for after 10 minutes, 1 or 6 hours.
    expect(delays).toEqual([0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 10.5]);
    expect(isDue(0.1)).toBe(false);
    const daily = { ...WHOLE, readToMs: slotMs + 20 * HOUR_MS };
    const asked = (hours: number) => ({ ...daily, attemptedAtMs: slotMs + hours * HOUR_MS });
    expect([isDue(24, asked(20)), isDue(23.9, asked(19))]).toEqual([true, false]);
    expect(isDue(40, asked(24))).toBe(false);
    // What failed is no answer.
    expect(isDue(40, { ...asked(24), failuresInRow: 1, failure: "no" })).toBe(true);
  });

  test("is asked for with all estimates that wait, and with the day before: nothing is late for ever", () => {
    const nowMs = NOON_MS + 4 * HOUR_MS;
    const readToMs = NOON_MS - HOUR_MS;
    const estimatesMs = [1, 2, 3].map((hours) => NOON_MS + hours * HOUR_MS);
    expect(due(WHOLE, nowMs, { estimatesMs })).toEqual(["newest", readToMs - DAY_MS, nowMs, null]);
    const oldMs = NOON_MS - 1.5 * DAY_MS;
    const failed = { ...WHOLE, failuresInRow: 1, failure: "no" };
    expect(due(failed, nowMs, { estimatesMs: [oldMs] })?.[1]).toBe(oldMs);
    // Not from before the listing.
    const instrument = instrumentOf({ listedAt: NOON_MS - 5 * HOUR_MS });
    expect(due(WHOLE, nowMs, { estimatesMs, instrument })?.[1]).toBe(NOON_MS - 5 * HOUR_MS);
  });

  test("is that at most every four hours for estimates, once a day where a reply is the whole past", () => {
    const hourly = Array.from({ length: 48 }, (_, nth) => NOON_MS + (nth + 1) * HOUR_MS);
    const readingsOf = (everyMs: number): number => {
      let progress: Backfill = { ...WHOLE, readToMs: NOON_MS - 10 * MINUTE_MS };
      let readings = 0;
      for (let minutes = 0; minutes < 48 * 60; minutes += 5) {
        const nowMs = NOON_MS + minutes * MINUTE_MS;
        const estimatesMs = hourly.filter((slotMs) => slotMs <= nowMs);
        const known = { progress, estimatesMs };
        const job = jobOf(instrumentOf(), known, nowMs, {
          ...READING,
          estimatesEveryMs: everyMs,
        });
        if (job === null) continue;
        readings += 1;
        const { fromMs: readFromMs } = job;
        const step = { requests: 1, rows: 1, readFromMs, page: 1, nowMs, oldestMs: LISTED_MS };
        progress = progressAfter(job, progress, step);
      }
      return readings / 2;
    };
    // Although nothing is ever confirmed.
    expect(readingsOf(4 * HOUR_MS)).toBeLessThanOrEqual(6);
    expect(readingsOf(DAY_MS)).toBeLessThanOrEqual(1);
    const bounded = { words: "", days: 30, rows: null };
    expect(estimatesEveryMs({ paging: { by: "nothing" }, depth: bounded })).toBe(4 * HOUR_MS);
    const depth = { words: "all", days: null, rows: null };
    expect(estimatesEveryMs({ paging: { by: "nothing" }, depth })).toBe(DAY_MS);
    expect(estimatesEveryMs({ paging: { by: "page" }, depth })).toBe(4 * HOUR_MS);
  });

  test("goes on behind a complete past if the setting is raised, unless the exchange has no more", () => {
    const shallow = { ...WHOLE, readFromMs: NOON_MS - 10 * DAY_MS };
    expect(due(shallow)).toEqual(["past", LISTED_MS, NOON_MS - 10 * DAY_MS, null]);
    expect(due({ ...shallow, availableFromMs: NOON_MS - 10 * DAY_MS })).toBeNull();
    expect(due(shallow, NOON_MS, { depthMs: 10 * DAY_MS })).toBeNull();
  });

  test("is what is newest of an instrument that has ended, to its end, and once more after a day", () => {
    const endedAt = NOON_MS + HOUR_MS;
    const ended = (
      changes: Partial<Backfill>,
      nowMs: number,
      more: Partial<DatedInstrument> = {},
    ) => due({ ...WHOLE, ...changes }, nowMs, { instrument: instrumentOf({ endedAt, ...more }) });
    const firstMs = endedAt + 10 * MINUTE_MS;
    // With the day before: only an exchange that has forgotten it sends nothing at all.
    const fromMs = (WHOLE.readToMs ?? 0) - DAY_MS;
    expect(ended({}, firstMs)).toEqual(["newest", fromMs, firstMs, null]);
    expect(ended({}, firstMs - 1)).toBeNull();
    expect(ended({ readToMs: endedAt }, firstMs)).toBeNull();
    const againMs = endedAt + DAY_MS;
    expect(ended({ readToMs: endedAt + MINUTE_MS }, againMs + MINUTE_MS)?.[1]).toBe(
      endedAt - DAY_MS,
    );
    expect(ended({ readToMs: endedAt }, againMs)).toEqual([
      "newest",
      endedAt - DAY_MS,
      againMs,
      null,
    ]);
    expect(ended({ readToMs: endedAt + 12 * HOUR_MS }, endedAt + 3 * DAY_MS)).toBeNull();
    // A later listing has its symbol.
    const symbolTakenAt = endedAt;
    expect(ended({}, firstMs, { symbolTakenAt })?.[2]).toBe(endedAt);
    const listedAt = endedAt - HOUR_MS;
    expect(ended({}, firstMs, { listedAt })?.[1]).toBe(Math.min(listedAt, WHOLE.readToMs ?? 0));
  });

  test("is the rest of its past if that was not complete, for a month at most", () => {
    const instrument = instrumentOf({ endedAt: NOON_MS });
    expect(due(HALF, NOON_MS, { instrument })?.[0]).toBe("past");
    expect(due(NOT_STARTED, NOON_MS + 30 * DAY_MS, { instrument })?.[0]).toBe("past");
    expect(due(NOT_STARTED, NOON_MS + 30 * DAY_MS + 1, { instrument })).toBeNull();
    const given = { ...HALF, failuresInRow: 6, attemptedAtMs: NOON_MS + 1 };
    expect(due(given, NOON_MS + 20 * DAY_MS, { instrument })).toBeNull();
  });

  test("is one last request if the setting was lowered meanwhile", () => {
    const job = due(HALF, NOON_MS, { depthMs: 5 * DAY_MS });
    expect(job).toEqual(["past", NOON_MS - 30 * DAY_MS - MINUTE_MS, NOON_MS - 30 * DAY_MS, 4]);
  });

  test.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [5, 16],
    [6, 24],
    [40, 24],
  ])("waits after %i failures for %i hours", (failuresInRow, hours) => {
    const failed = { ...HALF, failuresInRow, attemptedAtMs: NOON_MS };
    expect(due(failed, NOON_MS + hours * HOUR_MS - 1)).toBeNull();
    expect(due(failed, NOON_MS + hours * HOUR_MS)).not.toBeNull();
  });

  test("comes by volume, the newest payments of complete pasts first", () => {
    const jobs = (["past", "newest", "past", "newest"] as const).map((of, page): BackfillJob => ({
      instrument: instrumentOf(),
      of,
      page,
      fromMs: 0,
      toMs: 1,
      plannedAtMs: 1,
      before: NOT_STARTED,
    }));
    expect(firstJobs(jobs, 3).map(({ page }) => page)).toEqual([1, 3, 0]);
  });
});

describe("the progress", () => {
  function after(
    readFromMs: number,
    oldestMs: number | null,
    {
      instrument = instrumentOf(),
      progress = NOT_STARTED,
      nowMs = NOON_MS,
      depthMs = DEPTH_MS,
      rows = 1,
    } = {},
  ): Backfill {
    const known = { progress, estimatesMs: [] };
    const job = jobOf(instrument, known, nowMs, { ...READING, depthMs });
    if (job === null) throw new Error("nothing is due");
    const step = { requests: 2, rows, readFromMs, page: 5, nowMs, oldestMs };
    return progressAfter(job, progress, step);
  }

  test("of a past goes down page by page; what the exchange may not have published yet is not read", () => {
    const fromMs = NOON_MS - 20 * DAY_MS;
    expect(after(fromMs, fromMs)).toEqual({
      ...NOT_STARTED,
      readFromMs: fromMs,
      readToMs: NOON_MS - 10 * MINUTE_MS,
      page: 5,
      requests: 2,
      attemptedAtMs: NOON_MS,
    });
    const failed = { ...HALF, failuresInRow: 2, failure: "no", attemptedAtMs: NOON_MS - DAY_MS };
    const next = after(NOON_MS - 40 * DAY_MS, 0, { progress: failed });
    expect(next).toMatchObject({ readToMs: HALF.readToMs, failuresInRow: 0, failure: null });
    expect([next.requests, next.complete]).toEqual([5, false]);
  });

  test("is complete at the listing, if the first payment came soon after it", () => {
    expect(after(LISTED_MS, LISTED_MS + DAY_MS)).toMatchObject({
      readFromMs: LISTED_MS,
      complete: true,
      availableFromMs: null,
      page: null,
    });
  });

  test("says what the exchange still has if that is less", () => {
    const availableFromMs = NOON_MS - 40 * DAY_MS;
    expect(after(LISTED_MS, availableFromMs)).toMatchObject({
      readFromMs: LISTED_MS,
      complete: true,
      availableFromMs,
    });
    // Nothing at all, after so many tries.
    const tried = { ...NOT_STARTED, failuresInRow: 3, failure: "its history is empty" };
    expect(after(LISTED_MS, null, { progress: tried })).toMatchObject({
      complete: true,
      availableFromMs: NOON_MS - 10 * MINUTE_MS,
    });
  });

  test("begins with the first payment if the listing is unknown", () => {
    const oldestMs = NOON_MS - 40 * DAY_MS;
    const instrument = instrumentOf({ listedAt: null });
    expect(after(NOON_MS - DEPTH_MS, oldestMs, { instrument })).toMatchObject({
      readFromMs: oldestMs,
      complete: true,
      availableFromMs: oldestMs,
    });
  });

  test("of a new listing without payments is complete", () => {
    const instrument = instrumentOf({ listedAt: NOON_MS - HOUR_MS });
    expect(after(NOON_MS - HOUR_MS, null, { instrument })).toMatchObject({
      readFromMs: NOON_MS - HOUR_MS,
      readToMs: NOON_MS - 10 * MINUTE_MS,
      complete: true,
      availableFromMs: null,
    });
  });

  test("of the newest payments moves only with the last page: before it there is a gap", () => {
    const nowMs = NOON_MS + 3 * DAY_MS;
    const readToMs = WHOLE.readToMs ?? 0;
    const options = { progress: WHOLE, nowMs };
    expect(after(nowMs - DAY_MS, 0, options)).toMatchObject({ readToMs, requests: 5 });
    const read = { ...WHOLE, readToMs: nowMs - 10 * MINUTE_MS, requests: 5, attemptedAtMs: nowMs };
    expect(after(readToMs - DAY_MS, 0, options)).toEqual(read);
  });

  test("of the newest payments of an ended instrument does not move if the exchange has forgotten it", () => {
    const nowMs = NOON_MS + HOUR_MS;
    const options = { progress: WHOLE, nowMs, instrument: instrumentOf({ endedAt: NOON_MS }) };
    const fromMs = NOON_MS - 2 * DAY_MS;
    expect(after(fromMs, LISTED_MS, { ...options, rows: 0 })).toMatchObject({
      readToMs: WHOLE.readToMs,
      failuresInRow: 1,
      failure: "its history is empty",
    });
    const readToMs = nowMs - 10 * MINUTE_MS;
    expect(after(fromMs, LISTED_MS, options)).toMatchObject({ readToMs, failuresInRow: 0 });
    // Its end has been read: nothing more of it is expected.
    const progress = { ...WHOLE, readToMs: NOON_MS };
    const later = { ...options, progress, nowMs: NOON_MS + DAY_MS, rows: 0 };
    expect(after(fromMs, LISTED_MS, later)).toMatchObject({ failure: null, failuresInRow: 0 });
  });
});
