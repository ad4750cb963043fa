import { describe, expect, test } from "bun:test";
import type { BoardRow } from "../../src/domain/market.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { appOf, bodyOf, cellsOf, LISTS, marketOf, OTHER_LEG } from "../support/lists.ts";
import { NOON_MS } from "../support/quote.ts";

const HOUR_MS = 3_600_000;

const ROWS: readonly BoardRow[] = [
  rowOf("okx", "BTC", {
    fundingRate: -0.0004,
    settledAtMs: NOON_MS - HOUR_MS,
    settledRate: 0.0001,
  }),
  rowOf("bybit", "BTC", { fundingRate: 0.0003 }),
  rowOf("xt", "BTC", { fundingRate: 0.0001, openInterestUsd: 9e7, volume24hUsd: 9e8 }),
  OTHER_LEG,
  rowOf("binance", "ETH"),
];

const app = () => appOf(new TestBoard(marketOf(ROWS)));

async function errorOf(target: string): Promise<unknown> {
  const response = await app().get(target);
  expect(response.status).toBe(400);
  const { errors } = (await response.json()) as { errors: readonly unknown[] };
  return errors[0];
}

describe.each(LISTS)("$path", ({ path, query, hasCursor }) => {
  const at = (more: string, format = "json") => `${path}${query}&${more}&format=${format}`;

  /** Two columns of this list, the later one first. */
  async function twoNames(): Promise<readonly [string, string]> {
    const [header = []] = cellsOf(await (await app().get(at("", "csv"))).text());
    const [first = "", ...others] = header;
    return [others.at(-1) ?? "", first];
  }

  test("shows the requested columns in the requested order, with the same values in every format", async () => {
    const names = await twoNames();
    const fields = `fields=${names.join(",")}`;
    const whole = await bodyOf(app(), at(""));
    const { rows, total, snapshot } = await bodyOf(app(), at(fields));
    expect([total, snapshot]).toEqual([whole.total, whole.snapshot]);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(Object.keys(row)).toEqual([...names]);
    const lines = (await (await app().get(at(fields, "ndjson"))).text()).trim().split("\n");
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([...rows]);
    const [all = [], ...wholeCells] = cellsOf(await (await app().get(at("", "csv"))).text());
    const [header, ...cells] = cellsOf(await (await app().get(at(fields, "csv"))).text());
    expect(header).toEqual([...names]);
    expect(cells).toEqual(
      wholeCells.map((line) => names.map((name) => line[all.indexOf(name)] ?? "")),
    );
  });

  test("an unknown field is a 400 that suggests the nearest", async () => {
    const [name] = await twoNames();
    const wrong = `${name.slice(0, 2)}${name.slice(3)}`;
    for (const format of ["json", "csv", "ndjson"])
      expect(await errorOf(at(`fields=${wrong}`, format))).toEqual({
        parameter: "fields",
        rule: `"${wrong}" is not a field of this list; did you mean ${name}?`,
      });
    expect(await errorOf(at("fields=certainly_nothing_of_ours"))).toEqual({
      parameter: "fields",
      rule: '"certainly_nothing_of_ours" is not a field of this list',
    });
  });

  test("writes times as ISO strings in every format on request, and changes nothing else", async () => {
    const unix = await bodyOf(app(), at(""));
    const response = await app().get(at("time=iso"));
    expect(response.headers.get("x-fetched-at")).toBe("2026-11-02T12:00:00Z");
    const iso = (await response.json()) as typeof unix;
    expect(back(iso)).toEqual(unix);
    expect(JSON.stringify(iso)).not.toMatch(/"\w+_(at|time)":\d/);
    const lines = (await (await app().get(at("time=iso", "ndjson"))).text()).trim().split("\n");
    const ndjson = (await (await app().get(at("", "ndjson"))).text()).trim().split("\n");
    expect(lines.map((line) => back(JSON.parse(line)))).toEqual(
      ndjson.map((line): unknown => JSON.parse(line)),
    );
    const [header = [], ...cells] = cellsOf(await (await app().get(at("time=iso", "csv"))).text());
    const [, ...numbers] = cellsOf(await (await app().get(at("", "csv"))).text());
    const inSeconds = cells.map((line) =>
      line.map((cell, column) =>
        /_(at|time)$/.test(header[column] ?? "") && cell !== "" ? secondsOf(cell) : cell,
      ),
    );
    expect(inSeconds).toEqual(numbers);
    expect(await bodyOf(app(), at("time=unix"))).toEqual(unix);
  });

  test("has a byte-order mark only in CSV, and only on request", async () => {
    const plain = Buffer.from(await (await app().get(at("", "csv"))).arrayBuffer());
    const marked = Buffer.from(await (await app().get(at("bom=1", "csv"))).arrayBuffer());
    expect(marked.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
    expect(marked.subarray(3)).toEqual(plain);
    for (const format of ["json", "ndjson"])
      expect(await (await app().get(at("bom=1", format))).text()).toBe(
        await (await app().get(at("", format))).text(),
      );
  });

  test("is the same answer whatever _ contains, and its pages are not those of another format", async () => {
    const shared = app();
    const first = await shared.get(at("_=1793620800"));
    const etag = first.headers.get("etag") ?? "none";
    for (const other of ["_=", "_=x&_=y", ""]) {
      const response = await shared.get(at(other), { "if-none-match": etag });
      expect([other, response.status]).toEqual([other, 304]);
    }
    const names = await twoNames();
    for (const form of [`fields=${names.join(",")}`, "time=iso"]) {
      const response = await shared.get(at(form), { "if-none-match": etag });
      expect([form, response.status]).toEqual([form, 200]);
    }
  });

  test("has headers in JSON, too, for its snapshot and the next page", async () => {
    const response = await app().get(at(hasCursor ? "limit=1" : ""));
    const body = (await response.json()) as {
      snapshot: string;
      fetched_at: number;
      total: number;
      next_cursor: string | null;
    };
    const { headers } = response;
    expect(headers.get("x-snapshot")).toBe(body.snapshot);
    expect(headers.get("x-fetched-at")).toBe(String(body.fetched_at));
    expect(headers.get("x-total-count")).toBe(String(body.total));
    expect(headers.get("link")?.includes(`cursor=${body.next_cursor}`) ?? false).toBe(
      body.next_cursor !== null,
    );
    expect(headers.get("content-disposition")).toBeNull();
  });
});

const secondsOf = (text: string) => String(Date.parse(text) / 1000);

/** ISO times converted back to numbers. */
function back(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (name, inner: unknown) =>
      /_(at|time)$/.test(name) && typeof inner === "string" ? Number(secondsOf(inner)) : inner,
    ),
  );
}

describe("a field that is an object", () => {
  const path = "/api/funding/arb?decision=usable,watch,refuse";

  test("can be selected as a whole, and by its members", async () => {
    const { rows } = await bodyOf(app(), `${path}&fields=short,base,long_exchange,long_flags`);
    const whole = await bodyOf(app(), path);
    expect(rows).toEqual(
      whole.rows.map((row) => ({
        short: row["short"],
        base: row["base"],
        long_exchange: Object(row["long"]).exchange,
        long_flags: Object(row["long"]).flags,
      })),
    );
  });

  test("becomes all of its columns in CSV", async () => {
    const csv = await (await app().get(`${path}&fields=long,base&format=csv`)).text();
    const [header = []] = cellsOf(csv);
    expect(header.at(-1)).toBe("base");
    expect(header.length).toBeGreaterThan(15);
    expect(header.slice(0, -1).every((name) => name.startsWith("long_"))).toBe(true);
  });
});

test("the pages of a list keep its format, and another format can continue the chain", async () => {
  const shared = app();
  const first = await shared.get(
    "/api/funding/current?limit=2&fields=uid&time=iso&format=csv&bom=1",
  );
  const [, next = ""] = /<(.+)>/.exec(first.headers.get("link") ?? "") ?? [];
  // A text decoder would strip the mark.
  const rest = Buffer.from(await (await shared.get(next)).arrayBuffer()).toString();
  expect(rest).toStartWith("\uFEFFuid\r\n");
  const { next_cursor: cursor } = await bodyOf(shared, "/api/funding/current?limit=2&fields=uid");
  const { rows } = await bodyOf(shared, `/api/funding/current?limit=2&cursor=${cursor}`);
  expect(rows.map(({ uid }) => uid)).toEqual(cellsOf(rest).slice(1).flat());
});

describe("the heatmap", () => {
  const path = "/api/funding/heatmap?exchange=xt,weex,bybit";

  test("has the requested exchanges in the requested order, including those without a value", async () => {
    const csv = await (await app().get(`${path}&format=csv`)).text();
    expect(cellsOf(csv)[0]).toEqual([
      "base",
      "asset_id",
      "xt_annualized_pct",
      "weex_annualized_pct",
      "bybit_annualized_pct",
      "marks",
    ]);
    expect(cellsOf(csv)[1]).toEqual(["BTC", "BTC", "10.95", "", "32.85", ""]);
    expect(await bodyOf(app(), path)).toMatchObject({
      exchanges: ["xt", "weex", "bybit"],
      rows: [{ base: "BTC", values: [10.95, null, 32.85] }],
    });
  });

  test("has them even if no row is left", async () => {
    const csv = await (await app().get(`${path}&base=NOSUCH&format=csv`)).text();
    expect(cellsOf(csv)[0]?.length).toBe(6);
  });

  test("has its values even if there are none, but no columns", async () => {
    const target = "/api/funding/heatmap?base=NOSUCH&fields=values,base";
    expect(await bodyOf(app(), target)).toMatchObject({ rows: [] });
    expect(await (await app().get(`${target}&format=csv`)).text()).toBe("base\r\n");
  });

  test("shows any exchange by name, its marks, and all values", async () => {
    const fields = "fields=marks,weex_annualized_pct,okx_annualized_pct,values,base";
    const { rows } = await bodyOf(app(), `/api/funding/heatmap?base=BTC&${fields}`);
    expect(rows).toEqual([
      {
        marks: [],
        weex_annualized_pct: null,
        okx_annualized_pct: -43.8,
        values: [32.85, -43.8, 10.95],
        base: "BTC",
      },
    ]);
  });
});

test("the nearest name is suggested for an unknown member of a closed set", async () => {
  expect(await errorOf("/api/funding/current?exchange=binanse")).toMatchObject({
    parameter: "exchange",
    rule: expect.stringMatching(/^"binanse" must be one of .*; did you mean binance\?$/),
  });
  expect(await errorOf("/api/funding/current?exchange=OKEX")).toMatchObject({
    rule: expect.stringMatching(/; did you mean okx\?$/),
  });
  expect(await errorOf("/api/funding/current?sort=anualized_pct")).toMatchObject({
    rule: expect.stringMatching(/; did you mean annualized_pct\?$/),
  });
  expect(await errorOf("/api/funding/current?exchange=nothinglikeit")).toMatchObject({
    rule: expect.not.stringContaining("did you mean"),
  });
});

test("a list of an empty market still has its columns", async () => {
  const empty = appOf(new TestBoard(snapshotOf("1-1", ROWS)));
  const csv = await (
    await empty.get("/api/funding/current?base=NOSUCH&fields=uid&format=csv")
  ).text();
  expect(csv).toBe("uid\r\n");
});
