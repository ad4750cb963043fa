import { describe, expect, test } from "bun:test";
import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import { flagBit } from "../../src/domain/flags.ts";
import type { FundingList } from "../../src/http/lists/funding-schema.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard, withStatuses } from "../support/board.ts";

const ROWS = [
  rowOf("okx", "CALM", { fundingRate: 0.00001 }),
  rowOf("okx", "HOT", { fundingRate: 0.002 }),
  rowOf("gate", "COLD", { fundingRate: -0.003, volume24hUsd: 1_250_000 }),
  rowOf("gate", "LOST", { fundingRate: 0.9 }, flagBit("stale")),
];

function app(rows = ROWS) {
  return testApp(new TestBoard(snapshotOf("1-77", rows)));
}

async function pageText(target: string, served = app()): Promise<string> {
  const response = await served.get(target);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
  return response.text();
}

function order(page: string): string[] {
  return [...page.matchAll(/<th scope="row">(\w+)USDT/g)].map((match) => match[1] ?? "");
}

describe("the front page", () => {
  test("shows the rates furthest from zero first and excludes untrusted ones", async () => {
    expect(order(await pageText("/"))).toEqual(["COLD", "HOT", "CALM"]);
  });

  test("sorts by the links in its column headers", async () => {
    expect(order(await pageText("/?sort=symbol&order=asc"))).toEqual(["CALM", "COLD", "HOT"]);
    expect(order(await pageText("/?sort=funding_rate&order=desc"))).toEqual([
      "HOT",
      "CALM",
      "COLD",
    ]);
    const page = await pageText("/?sort=symbol&order=asc");
    expect(page).toContain('aria-sort="ascending"');
    expect(page).toContain('href="/?sort=symbol&amp;order=desc"');
  });

  test("falls back to the default for unknown parameters", async () => {
    expect(await pageText("/?sort=nosuch&utm_source=x")).toBe(await pageText("/"));
  });

  test("shows its snapshot and time, and links to the documentation", async () => {
    const page = await pageText("/");
    expect(page).toContain("<code>1-77</code>");
    expect(page).toContain("2026-11-02 12:00:00 UTC");
    expect(page).toContain('href="/docs"');
  });

  test("shows how fresh each enabled exchange is", async () => {
    const page = await pageText("/");
    expect(page).toContain("GATE");
    expect(page).toContain("5 s old");
    expect(page).not.toContain("KRAKEN");
  });

  test("shows each exchange's taker fee, and where it is incomplete: MEXC has one for the API and one for manual orders", async () => {
    const rows = [rowOf("mexc", "BTC"), rowOf("okx", "BTC"), rowOf("orderly", "BTC")];
    const page = await pageText("/", app(rows));
    expect(page).toContain(
      "taker fee 8 bps (orders through the API; manual orders: 0 to 10 depending on the contract, mostly 4 or less)",
    );
    expect(page).toContain("taker fee 5 bps</span>");
    expect(page).toContain("taker fee unknown (each front end sets its own");
  });

  test("puts flags into words", async () => {
    const rows = [rowOf("edgex", "BTC", {}, flagBit("thin") | flagBit("unverified_rate"))];
    expect(await pageText("/", app(rows))).toContain("thin, unverified rate</td>");
  });

  test("lists missing exchanges in one line, if there are any", async () => {
    const shown = async (statuses: Parameters<typeof withStatuses>[1]) => {
      const snapshot = withStatuses(snapshotOf("1-77", ROWS), statuses);
      const page = await pageText("/", testApp(new TestBoard(snapshot)));
      return /<p class="missing">(.*?)<\/p>/.exec(page)?.[1] ?? null;
    };
    const mexc = withStatuses(snapshotOf("1-77", ROWS), { mexc: "starting" });
    const page = await pageText("/", testApp(new TestBoard(mexc)));
    expect(page).toContain("4 instruments on 2 of 3 exchanges");
    expect(await pageText("/")).toContain("4 instruments on 2 exchanges");
    expect(await shown({ gate: "degraded" })).toBeNull();
    expect(await shown({ gate: "down", mexc: "geo_blocked" })).toBe(
      "Missing now: GATE (down), MEXC (geo blocked).",
    );
    const all = Object.fromEntries(EXCHANGE_IDS.map((id) => [id, "starting"] as const));
    expect(await shown(all)).toBe(
      `Missing now: AEVO (starting), APEX (starting), ASTER (starting), BACKPACK (starting), BINANCE (starting) and ${EXCHANGE_IDS.length - 5} more.`,
    );
  });

  test("shows at most 50 rows", async () => {
    const many = Array.from({ length: 80 }, (_, n) => rowOf("okx", `C${n}`));
    expect(order(await pageText("/", app(many)))).toHaveLength(50);
  });

  test("has no script, a strict policy, and its own style sheet at an address with its hash", async () => {
    const served = app();
    const response = await served.get("/");
    const page = await response.text();
    expect(page).not.toContain("<script");
    expect(page).not.toContain("style=");
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("script-src");
    expect(policy).not.toContain("unsafe");
    const address = /href="(\/static\/site\.\w+\.css)"/.exec(page)?.[1] ?? "";
    const sheet = await served.get(address);
    expect(sheet.headers.get("content-type")).toBe("text/css; charset=utf-8");
    expect(sheet.headers.get("cache-control")).toContain("immutable");
  });

  test("escapes text from exchanges", async () => {
    const page = await pageText("/", app([rowOf("okx", "X", { exchangeSymbol: "<b>&\"'" })]));
    expect(page).not.toContain("<b>");
    expect(page).toContain("&lt;b&gt;&amp;");
  });

  test("agrees with the API about the same snapshot", async () => {
    const served = app();
    const response = await served.get("/api/funding/current?sort=abs_annualized_pct");
    const { rows } = (await response.json()) as FundingList;
    const trusted = rows.filter((row) => !row.flags.includes("stale"));
    expect(order(await pageText("/", served))).toEqual(trusted.map((row) => row.base));
  });

  test("before the first snapshot is a 503 that says so in words", async () => {
    const response = await testApp(new TestBoard()).get("/");
    expect(response.status).toBe(503);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.text()).toContain("No exchange has responded yet");
  });
});
