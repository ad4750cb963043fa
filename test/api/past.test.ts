import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { TAKER_FEES } from "../../src/domain/taker-fees.ts";
import { flagBit } from "../../src/domain/flags.ts";
import { boardRow, type BoardRow } from "../../src/domain/market.ts";
import { exchangeTerms } from "../../src/services/board/exchange-terms.ts";
import {
  CLOSED_AFTER_MS,
  EXACT_FOR_MS,
  LOOK_BACK_MS,
  type PastMarket,
} from "../../src/services/history/past-market.ts";
import { testApp, type TestApp } from "../support/app.ts";
import { allCollected, rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { type ListBody, market } from "../support/lists.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { NOON_MS } from "../support/quote.ts";
import { SamplesInMemory } from "../support/samples-in-memory.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const NOON = NOON_MS / 1000;

const LISTS = [
  "/api/funding/current?",
  "/api/funding/symbol/BTC?",
  "/api/funding/heatmap?min_exchanges=0&",
  "/api/funding/sentiment?",
  "/api/funding/arb?min_volume=0&min_yield=0&pairs=all&limit=5000&decision=usable,watch,refuse&fees=all:4&",
];

/** A row as the board has it when it is committed at `atMs`, without what samples do not have. */
function stored({ record }: BoardRow, atMs = NOON_MS): BoardRow {
  const kept = {
    ...record,
    observedAtMs: atMs,
    predictedRate: null,
    settled7dAprPct: null,
    settledRate: null,
    settledAtMs: null,
  };
  return boardRow(kept, atMs, exchangeTerms(record.exchange, MINUTE_MS));
}

const shown = (rows: readonly BoardRow[], id = "1-1") => allCollected(snapshotOf(id, rows));

/** An app two hours after noon, whose live board is empty unless given. */
function appOf(
  pastMarket: PastMarket,
  { live = shown([]), clock = new ManualClock(NOON_MS + 2 * HOUR_MS) } = {},
): TestApp {
  return testApp(new TestBoard(live), { pastMarket, clock });
}

async function bodyOf(app: TestApp, target: string): Promise<ListBody & Record<string, unknown>> {
  const response = await app.get(target);
  if (response.status !== 200) throw new Error(`${target}: ${await response.text()}`);
  return (await response.json()) as ListBody & Record<string, unknown>;
}

/** Status, code and detail of a refused request. */
async function problemOf(app: TestApp, target: string) {
  const response = await app.get(target);
  const { code, detail } = (await response.json()) as { code: string; detail: string };
  return { status: response.status, code, detail };
}

/** A pair that is not judged by how long it has lasted. */
function withoutAge(row: ListBody["rows"][number]): ListBody["rows"][number] {
  const { decision, reasons } = row as { decision: string; reasons: string[] };
  const others = reasons.filter((reason) => reason !== "young");
  const isRefused = decision === "refuse";
  return {
    ...row,
    reasons: others,
    decision: isRefused ? decision : others.length > 0 ? "watch" : "usable",
  };
}

const btc = stored(rowOf("okx", "BTC"));

function oneSample(atMs = NOON_MS): SamplesInMemory {
  const samples = new SamplesInMemory();
  samples.refresh("okx", atMs, [stored(rowOf("okx", "BTC"), atMs)]);
  return samples;
}

describe("a list as of a moment", () => {
  test("has the rows that the live one had then", async () => {
    await fc.assert(
      fc.asyncProperty(market, async (all) => {
        const live = shown(all.map((row) => stored(row)));
        const then = appOf(SamplesInMemory.of(live, NOON_MS));
        const now = testApp(new TestBoard(live));
        for (const list of LISTS) {
          const past = await bodyOf(then, `${list}as_of=${NOON}`);
          expect(past).toMatchObject({ as_of: NOON, fetched_at: NOON });
          expect(past.snapshot).toMatch(/^past-1793620800-[0-9a-z]+$/);
          const { rows, total, count } = await bodyOf(now, list);
          const known = rows.map((row) => (list.includes("/arb") ? withoutAge(row) : row));
          expect([list, past.rows, past.total, past.count]).toEqual([list, known, total, count]);
        }
      }),
      { numRuns: 20 },
    );
  });

  test("stays the same whatever is stored after the moment", async () => {
    const later = fc.record({
      afterMs: fc.integer({ min: 1, max: 3 * HOUR_MS }),
      rows: market,
      flags: fc.constantFrom(0, flagBit("suspect"), flagBit("identity_conflict")),
      isEnded: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        market,
        fc.array(later, { minLength: 1, maxLength: 4 }),
        async (all, news) => {
          const live = shown(all.map((row) => stored(row)));
          const before = SamplesInMemory.of(live, NOON_MS);
          const after = SamplesInMemory.of(live, NOON_MS);
          for (const { afterMs, rows, flags, isEnded } of news) {
            const atMs = NOON_MS + afterMs;
            const byExchange = Map.groupBy(rows, ({ record }) => record.exchange);
            for (const [exchange, of] of byExchange)
              after.refresh(
                exchange,
                atMs,
                of.map((row) => stored(row, atMs)),
              );
            for (const { record } of live.rows) {
              after.review(record.uid, atMs, flags, "OTHER");
              if (isEnded) after.end(record.uid, atMs);
            }
          }
          for (const list of [...LISTS, "/api/funding/symbol/NOSUCH?"]) {
            const [one, other] = await Promise.all(
              [before, after].map(async (samples) => {
                const response = await appOf(samples).get(`${list}as_of=${NOON}`);
                const { request_id: _, ...body } = (await response.json()) as Record<
                  string,
                  unknown
                >;
                return { status: response.status, etag: response.headers.get("etag"), body };
              }),
            );
            expect(other).toEqual(one);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  test("names what was not kept, in JSON and in the headers of the other formats", async () => {
    const app = appOf(oneSample());
    const missing = ["predicted_rate", "instant_rate", "settled_rate", "settled_at", "last_price"];
    const { missing_fields: fields } = await bodyOf(app, `/api/funding/current?as_of=${NOON}`);
    expect(fields).toEqual(missing);
    const csv = await app.get(`/api/funding/current?as_of=${NOON}&format=csv&time=iso`);
    expect(csv.headers.get("x-as-of")).toBe("2026-11-02T12:00:00Z");
    expect(csv.headers.get("x-missing-fields")).toBe(missing.join(", "));
    for (const list of ["/api/funding/heatmap?", "/api/funding/sentiment?"])
      expect(await bodyOf(app, `${list}as_of=${NOON}`)).toMatchObject({ missing_fields: [] });
  });

  test("names the multiplier and the class where they were not kept, and compares no price without them", async () => {
    const samples = new SamplesInMemory();
    const unknown = { multiplier: null, assetClass: null };
    for (const [exchange, fundingRate] of [["okx", 0] as const, ["bybit", 0.001] as const])
      samples.refresh(exchange, NOON_MS, [
        stored(rowOf(exchange, "PEPE", { ...unknown, fundingRate })),
      ]);
    const app = appOf(samples);
    const current = await bodyOf(app, `/api/funding/current?as_of=${NOON}`);
    expect(current.rows).toMatchObject([
      { multiplier: null, asset_class: null },
      { multiplier: null, asset_class: null },
    ]);
    expect(current.missing_fields).toEqual(expect.arrayContaining(["multiplier", "asset_class"]));
    const arb = await bodyOf(app, `/api/funding/arb?min_volume=0&as_of=${NOON}`);
    expect(arb.rows).toMatchObject([
      { long: { multiplier: null }, asset_class: null, price_gap_pct: null },
    ]);
    expect(arb.missing_fields).toEqual(
      expect.arrayContaining([
        "asset_class",
        "long_multiplier",
        "short_multiplier",
        "price_gap_pct",
      ]),
    );
  });

  test("without as_of says nothing about the past", async () => {
    const app = appOf(oneSample(), { live: shown([btc]) });
    const body = await bodyOf(app, "/api/funding/current");
    expect([body.snapshot, "as_of" in body, "missing_fields" in body]).toEqual([
      "1-1",
      false,
      false,
    ]);
    const csv = await app.get("/api/funding/current?format=csv");
    expect(csv.headers.has("x-as-of")).toBe(false);
  });

  test("writes its time as an ISO string on request", async () => {
    const target = `/api/funding/current?as_of=${NOON}&time=iso`;
    expect(await bodyOf(appOf(oneSample()), target)).toMatchObject({
      as_of: "2026-11-02T12:00:00Z",
    });
  });

  test("names the exchanges that were missing then", async () => {
    const samples = oneSample();
    samples.refresh("bybit", NOON_MS - 4 * MINUTE_MS, [
      stored(rowOf("bybit", "BTC"), NOON_MS - 4 * MINUTE_MS),
    ]);
    const body = await bodyOf(appOf(samples), `/api/funding/current?as_of=${NOON}`);
    expect(body).toMatchObject({
      missing: [{ exchange: "bybit", status: "stale", reason: "No new rates for too long." }],
    });
    expect(body.rows).toMatchObject([
      { exchange: "bybit", flags: ["stale"], age_seconds: 240 },
      { exchange: "okx", flags: [], age_seconds: 0 },
    ]);
  });

  test("of an asset knows the names of then: a 404 before its first listing, empty after its last", async () => {
    const samples = oneSample(NOON_MS - MINUTE_MS);
    const old = stored(rowOf("okx", "OLD"), NOON_MS - MINUTE_MS);
    samples.refresh("okx", NOON_MS - MINUTE_MS, [btc, old]);
    samples.end(old.record.uid, NOON_MS);
    samples.refresh("okx", NOON_MS + MINUTE_MS, [
      btc,
      stored(rowOf("okx", "NEW"), NOON_MS + MINUTE_MS),
    ]);
    const app = appOf(samples, { live: shown([stored(rowOf("okx", "NEW"))]) });
    const of = (base: string, at: number) => app.get(`/api/funding/symbol/${base}?as_of=${at}`);
    expect((await of("NEW", NOON)).status).toBe(404);
    expect((await of("NEW", NOON + 60)).status).toBe(200);
    expect(await (await of("OLD", NOON)).json()).toMatchObject({ rows: [] });
    expect(await (await of("OLD", NOON - 1)).json()).toMatchObject({ rows: [{ base: "OLD" }] });
  });
});

describe("the moment", () => {
  test.each([
    [String(NOON)],
    ["2026-11-02T12:00:00Z"],
    ["2026-11-02T12:00Z"],
    ["2026-11-02t12:00:00.999z"],
    ["2026-11-02T14:00:00+02:00"],
    ["2026-11-02T06:30:00-0530"],
  ])("may be written as %s, with one answer for all", async (text) => {
    const app = appOf(oneSample());
    const plain = await app.get(`/api/funding/current?as_of=${NOON}`);
    const other = await app.get(`/api/funding/current?as_of=${encodeURIComponent(text)}`);
    expect(other.status).toBe(200);
    expect(other.headers.get("etag")).toBe(plain.headers.get("etag"));
  });

  test("may have a plus sign that is not percent-encoded", async () => {
    const target = "/api/funding/current?as_of=2026-11-02T14:00:00+02:00";
    expect(await bodyOf(appOf(oneSample()), target)).toMatchObject({ as_of: NOON });
  });

  test("is midnight UTC if it is a date", async () => {
    const app = appOf(oneSample(NOON_MS - 12 * HOUR_MS));
    const target = "/api/funding/current?as_of=2026-11-02";
    expect(await bodyOf(app, target)).toMatchObject({ as_of: NOON - 12 * 3_600 });
  });

  test.each([
    ["2026-11-02T12:00:00", "with its zone"],
    ["2026-11-31", "with its zone"],
    ["2026-11-02T25:00:00Z", "with its zone"],
    ["2026-11-02T12:00:00+24:00", "with its zone"],
    ["yesterday", "with its zone"],
    ["-1", "with its zone"],
    [`${NOON}000`, "this looks like milliseconds"],
    ["", "must not be empty"],
    [String(NOON + 7_201), "must not be in the future"],
  ])("%s is a 400 that says why", async (text, why) => {
    const target = `/api/funding/current?as_of=${encodeURIComponent(text)}`;
    const { status, code, detail } = await problemOf(appOf(oneSample()), target);
    expect([status, code]).toEqual([400, "bad_parameter"]);
    expect(detail).toContain(why);
  });

  test("cannot be combined with since, and the stream has none", async () => {
    const app = appOf(oneSample());
    const both = await problemOf(app, `/api/funding/current?as_of=${NOON}&since=1-1`);
    expect(both).toMatchObject({
      status: 400,
      detail: "as_of cannot be combined with since: changes lead to the current snapshot.",
    });
    const stream = await problemOf(app, `/api/funding/stream?as_of=${NOON}`);
    expect(stream).toMatchObject({
      status: 400,
      detail: "as_of is not a parameter of this endpoint.",
    });
  });

  test.each(LISTS)("before the first sample is a 404 of %s that names it", async (list) => {
    expect(await problemOf(appOf(oneSample()), `${list}as_of=${NOON - 1}`)).toEqual({
      status: 404,
      code: "no_history",
      detail: `The first samples are of 2026-11-02T12:00:00Z (${NOON}).`,
    });
  });

  test("in a gap longer than the look-back is a 404 that says so", async () => {
    const samples = oneSample(NOON_MS - LOOK_BACK_MS);
    expect(await problemOf(appOf(samples), `/api/funding/current?as_of=${NOON}`)).toMatchObject({
      status: 404,
      detail: `Nothing was recorded in the 6 hours before 2026-11-02T12:00:00Z (${NOON}); the first samples are of 2026-11-02T06:00:00Z (${NOON - 21_600}).`,
    });
  });

  test("without any sample of the requested exchange is a 404 that names it", async () => {
    const target = `/api/funding/current?exchange=gate&as_of=${NOON}`;
    expect(await problemOf(appOf(oneSample()), target)).toMatchObject({
      status: 404,
      detail: `There are no samples of gate in the 6 hours before 2026-11-02T12:00:00Z (${NOON}).`,
    });
  });

  test("in a service without a history is a 404", async () => {
    expect(
      await problemOf(appOf(new SamplesInMemory()), `/api/funding/current?as_of=${NOON}`),
    ).toMatchObject({ status: 404, detail: "No samples are stored yet." });
  });

  test("in older months is shown as of the full hour before it", async () => {
    const clock = new ManualClock(NOON_MS + 90 * SECOND_MS + EXACT_FOR_MS);
    const app = appOf(oneSample(), { clock });
    const target = `/api/funding/current?as_of=${NOON + 90}`;
    expect(await bodyOf(app, target)).toMatchObject({ as_of: NOON + 90 });
    await clock.advance(1);
    expect(await bodyOf(app, target)).toMatchObject({ as_of: NOON });
  });
});

describe("fees", () => {
  const pair = [
    stored(rowOf("okx", "BTC", { fundingRate: 0 })),
    stored(rowOf("bybit", "BTC", { fundingRate: 0.001 })),
  ];
  const samplesAt = (atMs: number, keepsFees: boolean) => {
    const samples = new SamplesInMemory({ keepsFees });
    for (const row of pair) samples.refresh(row.record.exchange, atMs, [stored(row, atMs)]);
    return samples;
  };
  const rowAt = async (samples: SamplesInMemory, atMs: number, more = "") => {
    const target = `/api/funding/arb?min_volume=0&as_of=${atMs / 1000}${more}`;
    const { rows, missing_fields: fields } = await bodyOf(appOf(samples), target);
    const [row] = rows;
    return { row, fields: fields as string[] };
  };

  test("of the table are used from their date on", async () => {
    const datedMs = Date.parse(TAKER_FEES.okx.asOf);
    expect(TAKER_FEES.bybit.asOf <= TAKER_FEES.okx.asOf).toBe(true);
    const after = await rowAt(samplesAt(datedMs, true), datedMs);
    expect(after.row).toMatchObject({ long: { taker_fee_bps: TAKER_FEES.okx.takerBps } });
    expect(after.fields).not.toContain("long_taker_fee_bps");
    const before = await rowAt(samplesAt(datedMs - SECOND_MS, true), datedMs - SECOND_MS);
    expect(before.row).toMatchObject({
      long: { taker_fee_bps: null },
      fees_pct: null,
      net_apr_pct: null,
      decision: "watch",
    });
    expect(before.fields).toContain("net_apr_pct");
  });

  test("of an exchange that states them for single listings are unknown unless those were kept", async () => {
    const { row, fields } = await rowAt(samplesAt(NOON_MS, false), NOON_MS);
    expect(row).toMatchObject({ long: { taker_fee_bps: 5 }, short: { taker_fee_bps: null } });
    expect(fields).toContain("short_taker_fee_bps");
  });

  test("in the request apply to any moment", async () => {
    const { row, fields } = await rowAt(samplesAt(NOON_MS, false), NOON_MS, "&fees=all:4");
    expect(row).toMatchObject({ fees_pct: 0.16, lasted_seconds: null, reasons: [] });
    expect(row).toMatchObject({ decision: "usable" });
    expect(fields).toEqual([
      "first_seen_at",
      "lasted_seconds",
      "unobserved_seconds",
      "peak_gross_apr_pct",
      "long_last_price",
      "short_last_price",
      "long_price_source",
      "short_price_source",
      "price_gap_pct",
      "long_settled_7d_apr_pct",
      "short_settled_7d_apr_pct",
      "inflation",
    ]);
  });
});

describe("pages", () => {
  const rows = Array.from({ length: 25 }, (_, n) => stored(rowOf("okx", `A${n}`)));
  const many = () => SamplesInMemory.of(shown(rows), NOON_MS);
  const target = `/api/funding/current?sort=base&limit=10&as_of=2026-11-02T12:00:00Z`;

  test("join to the whole list, even if other moments are requested in between", async () => {
    const samples = many();
    const app = appOf(samples);
    const uids: unknown[] = [];
    let cursor = "";
    for (let page = 0; page < 3; page += 1) {
      const body = await bodyOf(app, `${target}${cursor}`);
      uids.push(...body.rows.map(({ uid }) => uid));
      cursor = body.next_cursor === null ? "" : `&cursor=${body.next_cursor}`;
      for (const offset of [1, 2, 3])
        await bodyOf(app, `/api/funding/current?as_of=${NOON + offset}`);
    }
    expect(cursor).toBe("");
    const whole = await bodyOf(app, `/api/funding/current?sort=base&as_of=${NOON}`);
    expect(uids).toEqual(whole.rows.map(({ uid }) => uid));
  });

  test("end with a 410 when the moment is shown by the hour", async () => {
    const clock = new ManualClock(NOON_MS + 2 * HOUR_MS);
    const app = appOf(many(), { clock });
    const late = `/api/funding/current?limit=10&as_of=${NOON + 60}`;
    const { next_cursor: next } = await bodyOf(app, late);
    clock.setWall(NOON_MS + EXACT_FOR_MS + HOUR_MS);
    expect(await problemOf(app, `${late}&cursor=${next}`)).toMatchObject({
      status: 410,
      code: "cursor_expired",
    });
  });

  test("of a moment that may still change stay with what the first one showed", async () => {
    const samples = many();
    const clock = new ManualClock(NOON_MS + 10 * SECOND_MS);
    const app = appOf(samples, { clock });
    const { next_cursor: next } = await bodyOf(app, target);
    samples.refresh("okx", NOON_MS, [stored(rowOf("okx", "A00"))]);
    await clock.advance(6 * SECOND_MS);
    expect((await bodyOf(app, target)).total).toBe(26);
    expect((await bodyOf(app, `${target}&cursor=${next}`)).total).toBe(25);
    for (const second of [1, 2]) await bodyOf(app, `/api/funding/current?as_of=${NOON + second}`);
    expect((await problemOf(app, `${target}&cursor=${next}`)).status).toBe(410);
  });

  test("of another moment are refused", async () => {
    const app = appOf(many());
    const { next_cursor: next } = await bodyOf(app, target);
    const other = `/api/funding/current?sort=base&limit=10&as_of=${NOON + 1}&cursor=${next}`;
    expect(await problemOf(app, other)).toMatchObject({ status: 400, code: "bad_cursor" });
    const live = `/api/funding/current?sort=base&limit=10&cursor=${next}`;
    expect(await problemOf(app, live)).toMatchObject({ status: 400, code: "bad_cursor" });
  });
});

describe("caching", () => {
  const policyAt = async (afterMs: number) => {
    const clock = new ManualClock(NOON_MS + afterMs);
    const response = await appOf(oneSample(), { clock }).get(`/api/funding/current?as_of=${NOON}`);
    return response.headers.get("cache-control");
  };

  test("is for a day once no sample can be added, unless the moment is soon shown by the hour", async () => {
    const short = "public, max-age=5, stale-while-revalidate=30";
    const long = "public, max-age=86400";
    expect(await policyAt(CLOSED_AFTER_MS - 1)).toBe(short);
    expect(await policyAt(CLOSED_AFTER_MS)).toBe(long);
    expect(await policyAt(EXACT_FOR_MS - 86_400_000)).toBe(long);
    expect(await policyAt(EXACT_FOR_MS - 86_400_000 + 1)).toBe(short);
    expect(await policyAt(EXACT_FOR_MS + 1)).toBe(long);
  });

  test("a client that has the answer gets a 304, also after the live board moved on", async () => {
    const board = new TestBoard(shown([]));
    const clock = new ManualClock(NOON_MS + 2 * HOUR_MS);
    const app = testApp(board, { pastMarket: oneSample(), clock });
    const first = await app.get(`/api/funding/current?as_of=${NOON}`);
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^"/);
    board.publish(shown([], "1-2"));
    const second = await app.get(`/api/funding/current?as_of=${NOON}`, { "if-none-match": etag });
    expect(second.status).toBe(304);
  });
});

test("answers of a moment stay cached while its snapshot is kept, whatever is published meanwhile", async () => {
  const board = new TestBoard(shown([]));
  const clock = new ManualClock(NOON_MS + 2 * HOUR_MS);
  const app = testApp(board, { pastMarket: oneSample(), clock });
  const cachedBytes = async (): Promise<number> => {
    const text = await (await app.get("/metrics")).text();
    return Number(/^http_answer_bytes_cached (\d+)$/m.exec(text)?.[1]);
  };
  await app.get(`/api/funding/current?as_of=${NOON}`);
  const bytes = await cachedBytes();
  expect(bytes).toBeGreaterThan(0);
  board.publish(shown([], "1-2"));
  expect(await cachedBytes()).toBe(bytes);
  await clock.advance(3 * MINUTE_MS);
  expect(await cachedBytes()).toBe(0);
});

describe("the work", () => {
  /** A market whose boards are read when the test lets them. */
  function heldMarket(samples: SamplesInMemory) {
    const waiting: (() => void)[] = [];
    const held: PastMarket = {
      at: (atMs) =>
        new Promise((resolve) => {
          waiting.push(() => resolve(samples.at(atMs)));
        }),
    };
    return { held, waiting };
  }

  const at = (second: number) => `/api/funding/current?as_of=${NOON + second}`;
  const turns = async () => {
    for (let n = 0; n < 50; n += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  test("is done once for all requests of a moment", async () => {
    const samples = oneSample();
    const app = appOf(samples);
    const lists = LISTS.map((list) => `${list}as_of=${NOON}`);
    const responses = await Promise.all([...lists, ...lists].map((target) => app.get(target)));
    expect(responses.map(({ status }) => status)).toEqual(responses.map(() => 200));
    expect(samples.reads).toBe(1);
  });

  test("is done for one moment at a time, and refused when 16 are waiting", async () => {
    const { held, waiting } = heldMarket(oneSample());
    const app = appOf(held);
    const sent = Array.from({ length: 18 }, (_, second) => app.get(at(second)));
    await turns();
    expect(waiting.length).toBe(1);
    const refused = await Promise.race(sent);
    expect(refused.status).toBe(503);
    for (let served = 0; served < 17; served += 1) {
      waiting[served]?.();
      await turns();
      expect(waiting.length).toBe(Math.min(17, served + 2));
    }
    const statuses = (await Promise.all(sent)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(17);
  });

  test("does not hold up a live list", async () => {
    const { held, waiting } = heldMarket(oneSample());
    const app = appOf(held, { live: shown([btc]) });
    const past = app.get(at(0));
    expect((await app.get("/api/funding/current")).status).toBe(200);
    waiting[0]?.();
    expect((await past).status).toBe(200);
  });

  test("is repeated by the next request if it failed", async () => {
    const samples = oneSample();
    let fails = 1;
    const app = appOf({
      at: (atMs) => (fails-- > 0 ? Promise.reject(new Error("no file")) : samples.at(atMs)),
    });
    const statuses = await Promise.all([app.get(at(0)), app.get(at(0))]);
    expect(statuses.map(({ status }) => status)).toEqual([500, 200]);
  });

  test("is kept for the last two moments, and for a minute without a request", async () => {
    const samples = oneSample();
    const clock = new ManualClock(NOON_MS + 2 * HOUR_MS);
    const app = appOf(samples, { clock });
    for (const second of [0, 1, 0, 1]) await app.get(at(second));
    expect(samples.reads).toBe(2);
    await app.get(at(2));
    await app.get(at(1));
    expect(samples.reads).toBe(3);
    await app.get(at(0));
    expect(samples.reads).toBe(4);
    await clock.advance(59 * SECOND_MS);
    await app.get(at(0));
    expect(samples.reads).toBe(4);
    await clock.advance(2 * MINUTE_MS);
    expect(clock.sleeping).toBe(0);
    await app.get(at(0));
    expect(samples.reads).toBe(5);
  });
});
