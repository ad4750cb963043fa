import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ROUNDED, roundThreshold } from "../../src/http/openapi/params.ts";
import { rowOf, TestBoard } from "../support/board.ts";
import { appOf, bodyOf, market, marketOf, OTHER_LEG } from "../support/lists.ts";
import {
  ADDRESSES,
  askable,
  EVERY_PATH,
  queries,
  type ServedAddress,
  targetOf,
} from "../support/served-queries.ts";

const EVENT_STREAM = "text/event-stream";

/** All parts of a response except those that differ between requests. */
async function answerOf(app: ReturnType<typeof appOf>, target: string) {
  const response = await app.fetch(new Request(`http://finder.test${target}`));
  const headers = Object.fromEntries(response.headers);
  delete headers["x-request-id"];
  const isStream = headers["content-type"] === EVENT_STREAM;
  const body = isStream ? await firstEventOf(response) : await response.text();
  if (response.status !== 200) throw new Error(`${target}: ${response.status} ${body}`);
  return { headers, body };
}

async function firstEventOf(response: Response): Promise<string> {
  let text = "";
  for await (const bytes of response.body ?? []) {
    text += new TextDecoder().decode(bytes);
    if (text.includes("\n\nevent:") && text.endsWith("\n\n")) break;
  }
  return text;
}

/** Responses of a fresh application. */
const uncached = (board: TestBoard, target: string) => answerOf(appOf(board), target);

const boardOf = (rows: Parameters<typeof marketOf>[0]) => new TestBoard(marketOf(rows));

const isThreshold = ({ description = "" }: ServedAddress["parameters"][number]) =>
  description.includes(ROUNDED);

const textOf = (value: unknown) => (Array.isArray(value) ? value.join(",") : String(value));

test("the document has parameters with defaults and thresholds", () => {
  const all = ADDRESSES.flatMap(({ parameters }) => parameters);
  expect(ADDRESSES.length).toBeGreaterThan(12);
  expect(all.filter(({ schema }) => schema.default !== undefined).length).toBeGreaterThan(30);
  expect(all.filter(isThreshold).length).toBeGreaterThan(20);
});

test.each(EVERY_PATH)("%s ignores _, once, repeated or empty", async (target) => {
  const app = appOf(boardOf([rowOf("xt", "BTC"), OTHER_LEG]));
  const statusOf = async (more: string) => {
    const response = await app.fetch(new Request(`http://finder.test${target}&${more}`));
    await response.body?.cancel();
    return response.status;
  };
  for (const ignored of ["_=1", "_=1&_=2", "_=", "_"])
    expect([ignored, await statusOf(ignored)]).toEqual([ignored, 200]);
});

describe.each(ADDRESSES)("$path", ({ path, required, parameters }) => {
  const defaults = parameters.filter(({ schema }) => schema.default !== undefined);

  test.each(defaults)("$name omitted is its documented default", async ({ name, schema }) => {
    const rows = fc.sample(market, { numRuns: 2, seed: 11 });
    for (const board of rows.map(boardOf)) {
      const plain = `${path}?${required}`;
      const sent = plain + new URLSearchParams({ [name]: textOf(schema.default) });
      expect(await uncached(board, sent)).toEqual(await uncached(board, plain));
    }
  });
});

describe.each(ADDRESSES.filter(({ path }) => !path.endsWith("/stream")))("$path", (address) => {
  const { path, parameters } = address;

  test("equivalent queries have one answer, however they are written", async () => {
    await fc.assert(
      fc.asyncProperty(market, queries(address), async (rows, query) => {
        const board = boardOf(rows);
        const answer = await uncached(board, targetOf(path, query, 0));
        expect(await uncached(board, targetOf(path, query, 1))).toEqual(answer);
      }),
      { numRuns: 25 },
    );
  });

  test("earlier requests do not affect an answer", async () => {
    // They differ in a few parameters, so that a cache key without one of them is detected.
    const pairs = fc
      .tuple(queries(address), queries(address), fc.nat({ max: 20 }))
      .map(([query, other, at]) => {
        const others = Object.entries(other);
        const from = at % Math.max(1, others.length);
        const changed = others.slice(from, from + 2);
        return [query, askable({ ...query, ...Object.fromEntries(changed) })] as const;
      });
    await fc.assert(
      fc.asyncProperty(market, pairs, async (rows, [query, near]) => {
        const board = boardOf(rows);
        const shared = appOf(board);
        // By the test above, these are also the answers to the other spelling.
        const alone = await uncached(board, targetOf(path, query, 0));
        const nearAlone = await uncached(board, targetOf(path, near, 1));
        for (const [sent, spelling, answer] of [
          [query, 0, alone],
          [near, 1, nearAlone],
          [query, 1, alone],
          [near, 0, nearAlone],
        ] as const)
          expect(await answerOf(shared, targetOf(path, sent, spelling))).toEqual(answer);
      }),
      { numRuns: 25 },
    );
  });

  const thresholds = parameters.filter(isThreshold);
  test.each(thresholds)("reports that $name was rounded", async ({ name, schema }) => {
    const value = schema.type === "integer" ? 12_345 : 12.345;
    const board = boardOf([rowOf("okx", "BTC")]);
    const sent = `${path}?${name}=${value}`;
    const used = schema.type === "integer" ? 12_300 : 12.3;
    if (!path.endsWith(".ics")) {
      const body = await bodyOf(appOf(board), sent);
      expect(body).toMatchObject({ thresholds: { [name]: used } });
    }
    const { headers } = await uncached(board, path.endsWith(".ics") ? sent : `${sent}&format=csv`);
    expect(headers["x-thresholds"]?.split(", ")).toContain(`${name}=${used}`);
  });
});

describe("a threshold", () => {
  const figures = fc.double({ min: 0, max: 1e12, noNaN: true });

  test("is rounded to the nearest number with three digits; one with fewer is unchanged", () => {
    expect([0, 5, 0.5, 3600, 1e6, 1_234_567, 0.012_345, 999_900].map(roundThreshold)).toEqual([
      0, 5, 0.5, 3600, 1e6, 1_230_000, 0.0123, 1e6,
    ]);
    fc.assert(
      fc.property(figures, figures, (one, other) => {
        const rounded = roundThreshold(one);
        expect(roundThreshold(rounded)).toBe(rounded);
        expect(Math.abs(rounded - one)).toBeLessThanOrEqual(one * 0.005_000_1);
        if (one <= other) expect(rounded).toBeLessThanOrEqual(roundThreshold(other));
      }),
    );
  });

  test("decides by its rounded value which rows are included", async () => {
    const volumes = [1_229_999, 1_230_000, 1_234_000];
    const rows = volumes.map((volume24hUsd, place) => rowOf("okx", `A${place}`, { volume24hUsd }));
    const { rows: found } = await bodyOf(
      appOf(boardOf(rows)),
      "/api/funding/current?min_volume=1234000",
    );
    expect(found.map(({ base }) => base)).toEqual(["A1", "A2"]);
  });

  test("does not apply to a trader's own figures, which keep all digits", async () => {
    const rows = ["okx", "bybit"].map((exchange, place) =>
      rowOf(exchange as "okx" | "bybit", "BTC", {
        fundingRate: place * 0.001,
        volume24hUsd: 5e6,
        assetId: "BTC",
      }),
    );
    const { rows: pairs } = await bodyOf(
      appOf(boardOf(rows)),
      "/api/funding/arb?fees=okx:3.2525&notional=12345.67&hold_hours=71.25&decision=usable,watch,refuse",
    );
    expect(pairs[0]).toMatchObject({
      long: { exchange: "okx", taker_fee_bps: 3.2525 },
      expected_cash: { notional_usd: 12_345.67, hold_hours: 71.25 },
    });
  });
});
