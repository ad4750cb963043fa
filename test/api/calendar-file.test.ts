import { describe, expect, test } from "bun:test";
import ICAL from "ical.js";
import { flagBit } from "../../src/domain/flags.ts";
import { testApp, type TestApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { NOON_MS } from "../support/quote.ts";

const FILE = "/api/funding/calendar.ics";
const NOON = NOON_MS / 1000;
const HOUR_MS = 3_600_000;

const ROWS = [
  rowOf("okx", "BTC", {
    fundingRate: 0.0005,
    fundingIntervalHours: 4,
    predictedRate: -0.00025,
    nextFundingAtMs: NOON_MS + 2 * HOUR_MS,
    openInterestUsd: 4_000_000,
  }),
  rowOf(
    "gate",
    "ETH",
    {
      fundingRate: -0.0003,
      nextFundingAtMs: NOON_MS + 2 * HOUR_MS,
      openInterestUsd: null,
    },
    flagBit("thin") | flagBit("unverified_rate"),
  ),
  rowOf("okx", "OLD", { nextFundingAtMs: NOON_MS + HOUR_MS }, flagBit("stale")),
  rowOf("deribit", "BTC", { accrual: "continuous", nextFundingAtMs: null }),
];

const appWith = (rows = ROWS) => testApp(new TestBoard(snapshotOf("3-14", rows)));

interface Read {
  readonly root: ICAL.Component;
  readonly events: readonly ICAL.Event[];
  readonly text: string;
}

/** The calendar as read by an independent parser. */
async function file(query = "", app: TestApp = appWith()): Promise<Read> {
  const response = await app.get(FILE + query);
  expect(response.status).toBe(200);
  const text = await response.text();
  const root = new ICAL.Component(ICAL.parse(text));
  const events = root.getAllSubcomponents("vevent").map((event) => new ICAL.Event(event));
  return { root, events, text };
}

describe("/api/funding/calendar.ics", () => {
  test("has one event per settlement, in UTC, without duration", async () => {
    const { root, events } = await file("?hours=8");
    expect(root.getFirstPropertyValue("version")).toBe("2.0");
    expect(String(root.getFirstPropertyValue("x-published-ttl"))).toBe("PT1H");
    expect(String(root.getFirstPropertyValue("refresh-interval"))).toBe("PT1H");
    expect(events.map(({ summary }) => summary)).toEqual([
      "BTC funding on okx: +0.0500 % (longs pay)",
      "ETH funding on gate: -0.0300 % (shorts pay)",
      "BTC funding on okx: -0.0250 % (shorts pay)",
    ]);
    expect(events.map(({ startDate }) => startDate.toUnixTime())).toEqual([
      NOON + 7_200,
      NOON + 7_200,
      NOON + 21_600,
    ]);
    for (const { startDate, endDate } of events) {
      expect(startDate.zone).toBe(ICAL.Timezone.utcTimezone);
      expect(endDate.compare(startDate)).toBe(0);
    }
    expect(events[0]?.description.split("\n")).toEqual([
      "BTCUSDT on okx",
      "Rate: +0.050000 % (live)",
      "Annualised: +109.50 %",
      "Open interest: 4,000,000 USD",
      "Every 4 h",
    ]);
    expect(events[1]?.description).toEndWith("Every 8 h\nMarks: thin, unverified rate");
  });

  test("covers a day by default, later rates marked as not yet known", async () => {
    const { events } = await file("?base=BTC");
    expect(events).toHaveLength(6);
    expect(events[5]?.summary).toBe("BTC funding on okx: rate not known yet");
    expect((await file("?base=BTC&hours=48")).events).toHaveLength(12);
  });

  test("is valid without settlements: RFC 5545 requires a component", async () => {
    const { text, events } = await file("?base=NOPE");
    expect(events).toEqual([]);
    expect(ICAL.Component.fromString(text).getAllSubcomponents("vtimezone")).toHaveLength(1);
    // Properties come before components, so none may follow one.
    expect(text).toEndWith("\r\nEND:VTIMEZONE\r\nEND:VCALENDAR\r\n");
    expect(text.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
  });

  test("is sent as a file with its type, its snapshot and an entity tag", async () => {
    const app = appWith();
    const { headers } = await app.get(FILE);
    expect(headers.get("content-type")).toBe("text/calendar; charset=utf-8");
    expect(headers.get("content-disposition")).toContain('filename="funding-calendar.ics"');
    expect(headers.get("x-snapshot")).toBe("3-14");
    expect(headers.get("vary")).toBe("Accept-Encoding");
    expect(headers.get("x-total-count")).toBe("9");
    const known = await app.get(FILE, { "if-none-match": headers.get("etag") ?? "" });
    expect(known.status).toBe(304);
    const head = await app.send("HEAD", FILE);
    expect(head.headers.get("content-length")).toBe(
      String((await (await app.get(FILE)).arrayBuffer()).byteLength),
    );
  });

  test("depends only on the snapshot and the query, whichever process answers", async () => {
    const { text } = await file();
    expect((await file("", appWith())).text).toBe(text);
    expect(text).toContain("DTSTAMP:20261102T120000Z");
    expect(text.match(/DTSTAMP:/g)).toHaveLength(
      text.match(/DTSTAMP:20261102T120000Z/g)?.length ?? 0,
    );
  });

  test("an event keeps its id while its rate moves and its time jitters, and ids are unique", async () => {
    const uids = async (fundingRate: number, jitterMs: number, seq: number) => {
      const row = rowOf("okx", "BTC", {
        fundingRate,
        nextFundingAtMs: NOON_MS + 2 * HOUR_MS + jitterMs,
      });
      const board = new TestBoard(snapshotOf(`3-${seq}`, [row], NOON_MS + seq * 1_000));
      return (await file("", testApp(board))).events.map(({ uid }) => uid);
    };
    const before = await uids(0.0001, 0, 1);
    expect(new Set(before).size).toBe(3);
    expect(await uids(0.0002, -900, 2)).toEqual(before);
    expect(await uids(0.0002, 1_100, 3)).toEqual(before);
  });

  test("handles any characters in a symbol, in lines of at most 75 octets with the same line ending", async () => {
    const exchangeSymbol = `A,B;C\\D"E:F\r\nEND:VCALENDAR\n${"ä€🙂".repeat(40)}`;
    const { events, text } = await file("", appWith([rowOf("okx", "A;B,C", { exchangeSymbol })]));
    expect(events.length).toBeGreaterThan(0);
    for (const { summary, description } of events) {
      expect(summary).toStartWith("A;B,C funding on okx: ");
      expect(description).toStartWith(`${exchangeSymbol.replaceAll("\r\n", "\n")} on okx\n`);
    }
    expect(text).toEndWith("END:VCALENDAR\r\n");
    const half = await file("", appWith([rowOf("okx", "BTC", { exchangeSymbol: "half \ud83d" })]));
    expect(half.events.length).toBeGreaterThan(0);
    const lines = text.split("\r\n");
    for (const line of lines) {
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
      expect(line).not.toMatch(/[\r\n]/);
    }
    expect(lines.some((line) => line.startsWith(" "))).toBe(true);
  });

  test("contains the nearest thousand and says how many are left out", async () => {
    const many = Array.from({ length: 90 }, (_, index) =>
      rowOf("okx", `C${index}`, { fundingIntervalHours: 1, nextFundingAtMs: NOON_MS + HOUR_MS }),
    );
    const { root, events } = await file("", appWith(many));
    expect(events).toHaveLength(1_000);
    expect(events.at(-1)?.startDate.toUnixTime()).toBe(NOON + 12 * 3_600);
    expect(root.getFirstPropertyValue("x-wr-caldesc")).toContain("1160 later ones are left out");
  });

  test("is a 503 before the first snapshot", async () => {
    expect((await testApp(new TestBoard()).get(FILE)).status).toBe(503);
  });

  test("without a settlement is an empty calendar, not an error", async () => {
    expect((await file("?base=NOPE")).events).toEqual([]);
  });

  test.each(["limit=5", "cursor=x", "format=csv", "hours=49"])("rejects %s", async (query) => {
    expect((await appWith().get(`${FILE}?${query}`)).status).toBe(400);
  });
});
