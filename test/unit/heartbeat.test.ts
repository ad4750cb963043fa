import { beforeEach, describe, expect, test } from "bun:test";
import { createHeartbeat, type BeatFailure } from "../../src/gateways/heartbeat.ts";
import { createLog } from "../../src/lib/log.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { Secret } from "../../src/lib/secret.ts";
import {
  createHeartbeatService,
  type HeartbeatService,
} from "../../src/services/operations/heartbeat.ts";
import { HealthScene } from "../support/health-scene.ts";
import { ManualClock } from "../support/manual-clock.ts";

const URL_TEXT = "https://beats.example/ping/secret-path";

let clock: ManualClock;
let scene: HealthScene;
let lines: string[];
let beatsAtMs: number[];
let answers: BeatFailure[];

beforeEach(() => {
  clock = new ManualClock();
  scene = new HealthScene(clock, ["binance", "okx"]);
  lines = [];
  beatsAtMs = [];
  answers = [];
});

function service(beat?: () => Promise<BeatFailure>): HeartbeatService {
  const record = (): Promise<BeatFailure> => {
    beatsAtMs.push(clock.monotonicMs() / 1000);
    return Promise.resolve(answers.shift() ?? null);
  };
  return createHeartbeatService({
    heartbeat: { beat: beat ?? record },
    clock,
    log: createLog("debug", { write: (line) => void lines.push(line) }),
  });
}

/** Reports every 5 s for this many seconds. */
async function run(heartbeat: HeartbeatService, seconds: number, well: boolean): Promise<void> {
  for (let at = 0; at < seconds; at += 5) {
    scene.heartbeatMs = clock.nowMs();
    if (well) scene.accept("binance");
    else scene.heartbeatMs = null;
    await heartbeat.observe(scene.report());
    await clock.advance(5_000);
  }
}

describe("the heartbeat", () => {
  test("is sent after each minute that was not down, also a degraded one", async () => {
    await run(service(), 185, true);
    expect(scene.report().status).toBe("degraded");
    expect(beatsAtMs).toEqual([60, 120, 180]);
  });

  test("stops while the service is down, and resumes after a whole healthy minute", async () => {
    const heartbeat = service();
    await run(heartbeat, 50, true);
    await run(heartbeat, 300, false);
    await run(heartbeat, 65, true);
    expect(beatsAtMs).toEqual([410]);
  });

  test("logs a failure once and its recovery once", async () => {
    answers.push("HTTP 500", "timeout: no answer", "HTTP 500", null, null);
    await run(service(), 305, true);
    expect(beatsAtMs).toHaveLength(5);
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      expect.objectContaining({ level: "warn", event: "heartbeat_failed", reason: "HTTP 500" }),
      expect.objectContaining({ level: "info", event: "heartbeat_recovered" }),
    ]);
  });

  test("never has two calls in progress", async () => {
    let calls = 0;
    const heartbeat = service(() => {
      calls += 1;
      return new Promise<BeatFailure>(() => {});
    });
    for (let minute = 0; minute < 5; minute += 1) {
      scene.allWell();
      void heartbeat.observe(scene.report());
      await clock.advance(60_000);
    }
    expect(calls).toBe(1);
  });

  test("without a URL does nothing", async () => {
    const off = createHeartbeatService({
      heartbeat: null,
      clock,
      log: createLog("silent", { write: () => {} }),
    });
    scene.allWell();
    await off.observe(scene.report());
    expect(clock.sleeping).toBe(0);
  });
});

describe("the call", () => {
  const beat = (get: () => Promise<{ status: number }>): Promise<BeatFailure> =>
    createHeartbeat({ url: new Secret(URL_TEXT), get }).beat();

  test("goes to the configured URL, with a time-out", async () => {
    const calls: unknown[] = [];
    const get = (url: string, timeoutMs: number): Promise<{ status: number }> => {
      calls.push(url, timeoutMs);
      return Promise.resolve({ status: 204 });
    };
    expect(await createHeartbeat({ url: new Secret(URL_TEXT), get }).beat()).toBeNull();
    expect(calls).toEqual([URL_TEXT, 10_000]);
  });

  test("reports why it failed, but never the URL", async () => {
    expect(await beat(() => Promise.resolve({ status: 404 }))).toBe("HTTP 404");
    expect(await beat(() => Promise.resolve({ status: 302 }))).toBe("HTTP 302");
    expect(await beat(() => Promise.reject(new RequestFailure("timeout", "no answer")))).toBe(
      "timeout: no answer",
    );
    const withStatus = new RequestFailure("http", `HTTP 500: ${URL_TEXT}`, { status: 500 });
    expect(await beat(() => Promise.reject(withStatus))).toBe("HTTP 500");
    expect(await beat(() => Promise.reject(new TypeError(`cannot fetch ${URL_TEXT}`)))).toBe(
      "the call failed unexpectedly",
    );
  });
});
