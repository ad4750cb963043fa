import { describe, expect, test } from "bun:test";
import { servedDocument } from "../../scripts/write-openapi.ts";
import { healthOf, INFOS, testApp, noStreams } from "../support/app.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { createMetrics } from "../../src/http/metrics/metrics.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { TAKER_FEES } from "../../src/domain/taker-fees.ts";
import type { ExchangeList } from "../../src/http/api/exchanges/schema.ts";
import type { HealthReport } from "../../src/services/board/health.ts";

const REPORT: HealthReport = {
  status: "degraded",
  dataAgeSeconds: 4,
  staleThresholdSeconds: 900,
  collectorAlive: true,
  exchanges: [
    { exchange: "okx", symbols: 312, ageSeconds: 4, status: "ok", lastError: null },
    { exchange: "gate", symbols: 700, ageSeconds: 1200, status: "stale", lastError: "timed out" },
  ],
  enabledExchanges: 2,
  freshExchanges: 1,
  staleExchanges: ["gate"],
  totalRows: 1012,
};

function app(status: HealthReport["status"]) {
  return testApp(new TestBoard(), { health: () => ({ ...REPORT, status }) });
}

describe("/api/health", () => {
  test("shows everything by name, and is not cacheable", async () => {
    const response = await app("degraded").get("/api/health");
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toEqual({
      status: "degraded",
      data_age_seconds: 4,
      stale_threshold_seconds: 900,
      collector_alive: true,
      exchanges: [
        { exchange: "okx", instruments: 312, data_age_seconds: 4, status: "ok", reason: null },
        {
          exchange: "gate",
          instruments: 700,
          data_age_seconds: 1200,
          status: "stale",
          reason: "timed out",
        },
      ],
      enabled_exchanges: 2,
      fresh_exchanges: 1,
      stale_exchanges: ["gate"],
      instruments: 1012,
    });
  });

  test("is 503 exactly when down, with the same body", async () => {
    expect((await app("ok").get("/api/health")).status).toBe(200);
    const down = await app("down").get("/api/health");
    expect(down.status).toBe(503);
    expect(await down.json()).toMatchObject({ status: "down", instruments: 1012 });
  });

  test("is evaluated for every request", async () => {
    let evaluations = 0;
    const counting = testApp(new TestBoard(), {
      health: () => {
        evaluations += 1;
        return REPORT;
      },
    });
    await counting.get("/api/health");
    await counting.get("/api/health");
    expect(evaluations).toBe(2);
  });
});

test.each(["/api/health", "/livez", "/readyz", "/metrics"])(
  "%s rejects no parameter, whatever a probe adds",
  async (target) => {
    const served = testApp(new TestBoard(snapshotOf("1-1", [])));
    const plain = await served.get(target);
    for (const query of ["?verbose&name=1", "?_=1", "?=x", "?a=%E0%A4%A", "?verbose="])
      expect((await served.get(target + query)).status).toBe(plain.status);
    const { parameters } = JSON.parse(await servedDocument()).paths[target].get;
    expect(parameters ?? []).toEqual([]);
  },
);

test("/livez is ok immediately, /readyz says what it is waiting for and then ok; data is served before that", async () => {
  let awaited: string | null = "okx, gate";
  const board = new TestBoard(snapshotOf("1-1", [rowOf("okx", "BTC")]));
  const served = testApp(board, { readiness: () => awaited });
  expect((await served.get("/livez")).status).toBe(200);
  const starting = await served.get("/readyz");
  expect(starting.status).toBe(503);
  expect(await starting.text()).toBe("starting: waiting for okx, gate\n");
  expect((await served.get("/api/funding/current")).status).toBe(200);
  awaited = null;
  expect((await served.get("/readyz")).status).toBe(200);
});

test("/api/exchanges lists every registered exchange; one without a state is off", async () => {
  const full = snapshotOf("1-1", [rowOf("okx", "BTC")]);
  const exchanges = full.exchanges.filter(({ exchange }) => exchange === "okx");
  const served = testApp(new TestBoard({ ...full, exchanges }));
  const body = (await (await served.get("/api/exchanges")).json()) as ExchangeList;
  const ids = INFOS.map(({ id }) => id).toSorted();
  expect(body.rows.map(({ exchange }) => exchange)).toEqual(ids);
  expect(body).toMatchObject({ count: ids.length, total: ids.length });
  expect(body.rows.find(({ exchange }) => exchange === "gate")).toEqual({
    exchange: "gate",
    name: "GATE",
    kind: "centralised",
    accrual: "periodic",
    documentation: "https://docs.invalid/gate",
    unverified_rate: null,
    status: "off",
    instruments: 0,
    expected: null,
    data_age_seconds: null,
    period_seconds: null,
    last_ok_at: null,
    failure_kind: null,
    reason: null,
    rejects: {},
    taker_fee_bps: TAKER_FEES.gate.takerBps,
    taker_fee_as_of: TAKER_FEES.gate.asOf,
    taker_fee_source: TAKER_FEES.gate.source,
    taker_fee_note: null,
  });
});

test("/api/exchanges omits exchanges that are not registered", async () => {
  const registered = INFOS.filter(({ id }) => id !== "gate");
  const served = testApp(new TestBoard(snapshotOf("1-1", [rowOf("okx", "BTC")])), {
    exchanges: registered,
  });
  const response = await served.get("/api/exchanges");
  expect(response.status).toBe(200);
  const { rows } = (await response.json()) as ExchangeList;
  expect(rows.map(({ exchange }) => exchange)).toEqual(registered.map(({ id }) => id).toSorted());
});

test("/api/exchanges joins the facts with the snapshot's state", async () => {
  const served = testApp(
    new TestBoard(snapshotOf("1-1", [rowOf("okx", "BTC"), rowOf("okx", "ETH")])),
  );
  const body = (await (await served.get("/api/exchanges")).json()) as ExchangeList;
  const count = INFOS.length;
  expect(body).toMatchObject({ snapshot: "1-1", count, total: count, next_cursor: null });
  const okx = body.rows.find(({ exchange }) => exchange === "okx");
  expect(okx).toMatchObject({ name: "OKX", status: "ok", instruments: 2, period_seconds: 60 });
  expect((await served.get("/api/exchanges?x=1")).status).toBe(400);
});

test.each(["/api/health", "/livez", "/readyz", "/metrics", "/api/explain/okx/BTCUSDT"])(
  "HEAD of %s reports the length of GET",
  async (path) => {
    const served = testApp(new TestBoard(snapshotOf("1-1", [rowOf("okx", "BTC")])));
    const body = await (await served.get(path)).arrayBuffer();
    const head = await served.send("HEAD", path);
    // The metrics count the previous request, so their length may have grown.
    const length = Number(head.headers.get("content-length"));
    expect(length).toBeGreaterThanOrEqual(body.byteLength);
    expect(length).toBeLessThan(body.byteLength + 5_000);
  },
);

describe("/metrics", () => {
  test("counts requests by route pattern, method and status; unknown paths create no series", async () => {
    const served = testApp(new TestBoard(snapshotOf("1-1", [rowOf("okx", "BTC")])));
    await served.get("/api/funding/symbol/BTC");
    await served.get("/api/funding/symbol/btc");
    await served.send("HEAD", "/api/funding/symbol/BTC");
    await served.get("/api/funding/symbol/NOPE");
    await served.get("/nope/1");
    await served.get("/nope/2");
    await served.send("PROPFIND", "/nope/3");
    const text = await (await served.get("/metrics")).text();
    const counts = text.split("\n").filter((line) => line.startsWith("http_requests_total"));
    const route = "/api/funding/symbol/:base";
    expect(counts.toSorted()).toEqual([
      `http_requests_total{route="${route}",method="GET",status="200"} 2`,
      `http_requests_total{route="${route}",method="GET",status="404"} 1`,
      `http_requests_total{route="${route}",method="HEAD",status="200"} 1`,
      'http_requests_total{route="unmatched",method="GET",status="404"} 2',
      'http_requests_total{route="unmatched",method="other",status="404"} 1',
    ]);
    expect(text).toContain(`http_request_duration_seconds_count{route="${route}"} 4`);
  });

  test("counts the refreshes of this process by exchange and outcome", async () => {
    const board = new TestBoard(snapshotOf("1-1", [rowOf("okx", "BTC")]));
    const health = () => healthOf(board);
    const metrics = createMetrics({ board, health, clock: new ManualClock(), streams: noStreams });
    metrics.cycle("okx", "ok");
    metrics.cycle("okx", "ok");
    metrics.cycle("okx", "rate_limited");
    metrics.cycle("gate", "degraded");
    const text = await (await testApp(board, { metrics }).get("/metrics")).text();
    const counts = text.split("\n").filter((line) => line.startsWith("funding_cycles_total"));
    expect(counts).toEqual([
      'funding_cycles_total{exchange="okx",outcome="ok"} 2',
      'funding_cycles_total{exchange="okx",outcome="rate_limited"} 1',
      'funding_cycles_total{exchange="gate",outcome="degraded"} 1',
    ]);
  });

  test("shows the current rows, age and rejects per exchange", async () => {
    const snapshot = snapshotOf("1-1", [rowOf("okx", "BTC"), rowOf("gate", "BTC")]);
    const exchanges = snapshot.exchanges.map((view) =>
      view.exchange === "gate"
        ? {
            ...view,
            state: {
              ...view.state,
              rejects: { bad_rate: 3 },
              failureKind: "timeout" as const,
              failuresInRow: 2,
            },
          }
        : view,
    );
    const served = testApp(new TestBoard({ ...snapshot, exchanges }));
    const text = await (await served.get("/metrics")).text();
    for (const line of [
      'funding_exchange_rows{exchange="okx"} 1',
      'funding_exchange_age_seconds{exchange="okx"} 5',
      'funding_exchange_rejected_rows{exchange="gate",reason="bad_rate"} 3',
      'funding_exchange_failures_in_row{exchange="gate",kind="timeout"} 2',
      'funding_exchange_cycle_seconds{exchange="gate"} 0.42',
      "funding_snapshot_rows 2",
      "funding_collector_alive 1",
      'funding_exchanges{which="enabled"} 2',
      'funding_exchanges{which="fresh"} 2',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    expect(text).toMatch(/process_resident_memory_bytes [1-9]/);
    expect(text).toMatch(/process_event_loop_lag_seconds \d/);
  });
});
