import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  careless,
  expectWhole,
  jittered,
  type PastAnswer,
  type PastShape,
  pasts,
  plainRows,
  rangeOfShares,
  shares,
  START_MS,
  walkPast,
} from "../support/walked-past.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe("a walk by page, by cursor or of one reply", () => {
  const settings = fc.record({
    past: pasts,
    ...shares,
    pageRows: fc.integer({ min: 1, max: 70 }),
    jitterMs: fc.constantFrom(0, 3_000),
    /** A payment is made before every n-th request. */
    arrivalEvery: fc.constantFrom(1_000, 5, 2),
    by: fc.constantFrom("page", "cursor", "nothing"),
  });
  const shapeOf = (by: "page" | "cursor" | "nothing"): PastShape => ({
    paging: { by },
    maxRows: 100,
    bounds: { from: "none", to: "none" },
  });

  test("reads all of a range, also while new payments push older ones to later pages", async () => {
    await fc.assert(
      fc.asyncProperty(settings, async ({ past, pageRows, jitterMs, by, ...set }) => {
        const range = rangeOfShares(past, set);
        const lastMs = past.at(-1) ?? START_MS;
        const rows = by === "nothing" ? past.length + 1_000 : pageRows;
        // With a row a page, a payment before each request would push the rest away for ever.
        const arrivalEvery = by === "page" ? Math.max(set.arrivalEvery, pageRows === 1 ? 5 : 2) : 2;
        const answer: PastAnswer = ({ page, cursor }, place) => {
          const arrived = Math.floor(place / arrivalEvery);
          const all = [...past];
          for (let one = 1; one <= arrived; one += 1)
            all.push(lastMs + one * 8 * HOUR_MS + 7 * DAY_MS);
          const newestFirst = all.toReversed();
          // A cursor holds its place, whatever is added before it.
          const from =
            by === "page"
              ? (page - 1) * rows
              : cursor === null
                ? 0
                : newestFirst.indexOf(Number(cursor));
          const next = newestFirst[from + rows];
          return {
            rows: careless(jittered(newestFirst.slice(from, from + rows), place, jitterMs), place),
            ...(by === "cursor" ? { cursor: next === undefined ? null : String(next) } : {}),
          };
        };
        const walked = await walkPast(shapeOf(by), answer, range);
        expectWhole(walked, past, range);
        if (range.fromMs >= range.toMs) return;
        expect(walked.requests.length).toBeLessThanOrEqual((2 * past.length) / rows + 3);
      }),
      { numRuns: 300 },
    );
  });

  const hours = Array.from({ length: 300 }, (_, index) => START_MS + index * HOUR_MS).toReversed();
  const whole = { fromMs: START_MS - HOUR_MS, toMs: START_MS + 300 * HOUR_MS };
  const pageAt = (page: number) => plainRows(hours.slice((page - 1) * 100, page * 100));

  test("continues at a page", async () => {
    const answer: PastAnswer = ({ page }) => ({ rows: pageAt(page) });
    const { slots, pages } = await walkPast(shapeOf("page"), answer, { ...whole, page: 2 });
    expect(slots).toEqual(hours.slice(100));
    expect(pages).toEqual([2, 3, 4]);
  });

  test("ends at the page that a reply calls the last one", async () => {
    const answer: PastAnswer = ({ page }) => ({ rows: pageAt(page), isLast: page === 3 });
    const { slots, requests } = await walkPast(shapeOf("page"), answer, whole);
    expect(slots).toEqual(hours);
    expect(requests).toHaveLength(3);
  });

  test("ends as soon as it is past the start of its range", async () => {
    const answer: PastAnswer = ({ page }) => ({ rows: pageAt(page) });
    const range = { fromMs: START_MS + 150.5 * HOUR_MS, toMs: whole.toMs };
    const { slots, requests } = await walkPast(shapeOf("page"), answer, range);
    expect(slots).toEqual(hours.slice(0, 149));
    expect(requests).toHaveLength(2);
  });

  test("ends at an empty page, whatever cursor it has", async () => {
    const answer: PastAnswer = (_request, place) =>
      place === 0 ? { rows: pageAt(1), cursor: "a" } : { rows: [], cursor: "b" };
    const { slots, requests, failure } = await walkPast(shapeOf("cursor"), answer, whole);
    expect([slots.length, requests.length, failure]).toEqual([100, 2, null]);
  });

  test("ignores the cursor of a reply that is the last one", async () => {
    const answer: PastAnswer = (_request, place) => ({
      rows: pageAt(place + 1),
      cursor: "the same",
      isLast: place === 1,
    });
    const { slots, failure } = await walkPast(shapeOf("cursor"), answer, whole);
    expect([slots.length, failure]).toEqual([200, null]);
  });

  test.each([
    ["a page", "page", () => ({ rows: pageAt(1) })],
    ["its last page", "page", ({ page }) => ({ rows: pageAt(Math.min(page, 3)) })],
    [
      "a page under other cursors",
      "cursor",
      (_, place) => ({ rows: pageAt(1), cursor: `${place}` }),
    ],
    ["a cursor", "cursor", (_, place) => ({ rows: pageAt(place + 1), cursor: "the same" })],
    [
      "cursors in a circle",
      "cursor",
      (_, place) => ({ rows: pageAt((place % 2) + 1), cursor: `${place % 2}` }),
    ],
  ] satisfies [string, "page" | "cursor", PastAnswer][])(
    "ends in an error at a source that repeats %s",
    async (_name, by, answer) => {
      const { failure, requests } = await walkPast(shapeOf(by), answer, whole);
      expect(failure).toMatchObject({ name: "RequestFailure", kind: "bad_envelope" });
      expect(requests.length).toBeLessThanOrEqual(5);
    },
  );

  test("ends in an error if pages never end", async () => {
    const answer: PastAnswer = (_request, place) => ({
      rows: [{ atMs: START_MS - place * HOUR_MS }],
    });
    const { failure, requests } = await walkPast(shapeOf("page"), answer, {
      fromMs: 0,
      toMs: START_MS,
    });
    expect(failure).toMatchObject({ name: "RequestFailure", kind: "bad_envelope" });
    expect(requests.length).toBeLessThanOrEqual(5_000);
  });

  test("requests nothing for an empty range", async () => {
    const range = { fromMs: START_MS, toMs: START_MS };
    const { requests } = await walkPast(shapeOf("page"), () => ({ rows: [] }), range);
    expect(requests).toHaveLength(0);
  });
});
