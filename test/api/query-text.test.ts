import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { appOf, OTHER_LEG } from "../support/lists.ts";
import { testApp } from "../support/app.ts";
import { ADDRESSES } from "../support/served-queries.ts";

const ROWS = ["BTC", "ETH", "A%C3", "%C3"].map((base) => rowOf("okx", base));
const UNKNOWN = "is not a parameter of this endpoint";
const NO_TEXT = "must be UTF-8 with percent-encoding";

/** Paths that answer without an exchange behind the board and parse their parameters. */
const READING = ADDRESSES.map(({ path, required }) => ({ path, required }));

/** Those, and the ones that parse none and reject none. */
const PATHS = [
  ...READING,
  ...["/api/health", "/livez", "/readyz", "/metrics"].map((path) => ({ path, required: "" })),
];

/** Has the instruments of REQUIRED_VALUES. */
const boardOf = () => new TestBoard(snapshotOf("1-1", [...ROWS, rowOf("xt", "BTC"), OTHER_LEG]));

describe.each(READING)("$path", ({ path, required }) => {
  test.each(["=", "=1", "&=x&", "==", "=&=1", "=%C3%A9"])(
    "rejects ?%s and names it",
    async (query) => {
      const response = await testApp(boardOf()).get(`${path}?${required}${query}`);
      expect([query, response.status]).toEqual([query, 400]);
      expect(await response.json()).toMatchObject({
        code: "bad_parameter",
        detail: '"" is not a parameter of this endpoint.',
        errors: [{ parameter: "", rule: UNKNOWN }],
      });
    },
  );
});

// A stream never ends, and is parsed like the others.
test.each(PATHS.filter(({ path }) => !path.endsWith("/stream")))(
  "$path accepts a query without content",
  async ({ path, required }) => {
    const plain = await testApp(boardOf()).get(required === "" ? path : `${path}?${required}`);
    for (const query of ["", "&&&"]) {
      const target = `${path}?${required}${query}`;
      expect((await testApp(boardOf()).get(target)).status).toBe(plain.status);
    }
  },
);

describe("a query", () => {
  const errorsOf = async (query: string) => {
    const response = await testApp(boardOf()).get(`/api/funding/current?${query}`);
    const { errors } = JSON.parse(await response.text());
    return { status: response.status, errors };
  };

  test.each([
    ["base=%zz", [["base", NO_TEXT]]],
    ["base=%", [["base", NO_TEXT]]],
    ["base=BTC,%C3", [["base", NO_TEXT]]],
    ["base=%41%C3", [["base", NO_TEXT]]],
    ["base=%C3%28", [["base", NO_TEXT]]],
    ["base=%ED%A0%80", [["base", NO_TEXT]]],
    ["base=%F4%90%80%80", [["base", NO_TEXT]]],
    ["base=%C0%80", [["base", NO_TEXT]]],
    // The server's replacement for bytes that are not UTF-8.
    ["base=%EF%BF%BD", [["base", NO_TEXT]]],
    ["b%61se=BTC&b%61se=%FF", [["base", NO_TEXT]]],
    ["base=%zz&base=%zz", [["base", NO_TEXT]]],
    ["%zz=1", [["%zz", UNKNOWN]]],
    ["%=1", [["%", UNKNOWN]]],
    ["Base=BTC", [["Base", `${UNKNOWN}; did you mean base?`]]],
    ["+base=BTC", [[" base", `${UNKNOWN}; did you mean base?`]]],
    ["base%00=BTC", [["base\u0000", `${UNKNOWN}; did you mean base?`]]],
    ["?limit=1", [["?limit", `${UNKNOWN}; did you mean limit?`]]],
    ["limit[]=1", [["limit[]", `${UNKNOWN}; did you mean limit?`]]],
    ["limit", [["limit", "must not be empty"]]],
    ["limit=1&limit", [["limit", "may be given once only"]]],
    ["limi%74=1&limit=1", [["limit", "may be given once only"]]],
    [
      "=&limit=&base=%C3",
      [
        ["", UNKNOWN],
        ["base", NO_TEXT],
        ["limit", "must not be empty"],
      ],
    ],
  ] as const)("%s is rejected with every invalid name", async (query, errors) => {
    expect(await errorsOf(query)).toMatchObject({
      status: 400,
      errors: errors.map(([parameter, rule]) => ({ parameter, rule })),
    });
  });

  test("repeats only 64 characters of an invalid parameter, and each once", async () => {
    const long = "n".repeat(500);
    const { errors } = await errorsOf(`${long}=%&${long}=%&${"=&".repeat(500)}`);
    expect(errors).toEqual([
      { parameter: long.slice(0, 64), rule: NO_TEXT },
      { parameter: "", rule: UNKNOWN },
      { parameter: long.slice(0, 64), rule: UNKNOWN },
    ]);
  });

  test("is rejected or parsed like by another parser, whatever was requested before", async () => {
    const known = new Set(
      ADDRESSES.find(({ path }) => path === "/api/funding/current")?.parameters.map(
        ({ name }) => name,
      ),
    );
    const piece = fc.constantFrom(
      "&",
      "=",
      "?",
      "+",
      "%",
      "%3D",
      "%26",
      "%25",
      "%00",
      "%C3",
      "%A9",
      "%c3%a9",
      "%zz",
      ";",
      "limit=1",
      "limit",
      "limi%74=2",
      "base=",
      "BTC",
      "btc",
      ",",
      "LIMIT=1",
      "b%61se=eth",
      "x=1",
    );
    const text = fc.array(piece, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(""));
    const board = boardOf();
    const shared = appOf(board);
    const get = async (app: ReturnType<typeof appOf>, query: string) => {
      const url = `http://finder.test/api/funding/current?${query}`;
      const response = await app.fetch(new Request(url));
      return {
        status: response.status,
        body: response.status === 200 ? await response.text() : "",
      };
    };
    let read = 0;
    await fc.assert(
      fc.asyncProperty(text, async (query) => {
        const answer = await get(shared, query);
        if (answer.status !== 200) return expect(answer.status).toBe(400);
        read += 1;
        const parsed = new URLSearchParams(query);
        for (const [name, value] of parsed) {
          expect([query, known.has(name)]).toEqual([query, true]);
          expect([query, value.includes("\u{FFFD}")]).toEqual([query, false]);
        }
        expect(await get(appOf(board), parsed.toString())).toEqual(answer);
      }),
      { numRuns: 800 },
    );
    expect(read).toBeGreaterThan(25);
  });
});
