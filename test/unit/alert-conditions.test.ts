import { describe, expect, test } from "bun:test";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import { type Condition, conditions } from "../../src/services/operations/alert-conditions.ts";
import { HealthScene, STALE_AFTER_MS } from "../support/health-scene.ts";
import { ManualClock } from "../support/manual-clock.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Ten exchanges, all healthy at first, and a collector that was started at that moment. */
function setUp() {
  const clock = new ManualClock();
  const ids = EXCHANGE_IDS.slice(0, 10);
  const scene = new HealthScene(clock, ids);
  const aliveSinceMs = clock.nowMs();
  return {
    clock,
    scene,
    ids,
    /** Time passes; all exchanges except `silent` answer at its end. */
    async pass(ms: number, silent: readonly ExchangeId[] = []): Promise<void> {
      await clock.advance(ms);
      scene.heartbeatMs = clock.nowMs();
      scene.accept(...ids.filter((id) => !silent.includes(id)));
    },
    of(key: string): Pick<Condition, "state"> & { readonly text: string } {
      const watch = { aliveSinceMs, startIsOver: true, nowMs: clock.nowMs() };
      const found = conditions(scene.report(), scene.states, watch).find((one) => one.key === key);
      if (found === undefined) throw new Error(`nothing is judged of ${key}`);
      return { state: found.state, text: found.text() };
    },
    knows(key: string): boolean {
      const watch = { aliveSinceMs, startIsOver: true, nowMs: clock.nowMs() };
      return conditions(scene.report(), scene.states, watch).some((one) => one.key === key);
    },
  };
}

describe("a geo-blocked exchange", () => {
  test("that has just delivered is probably blocked by its CDN: the advice is to wait, and to act if it lasts", async () => {
    const { scene, pass, of } = setUp();
    scene.allWell();
    await pass(MINUTE_MS, ["okx"]);
    scene.fail("okx", "geo_blocked", "HTTP 451");
    const { state, text } = of("exchange:okx");
    expect(state).toBe("blocked_lately");
    expect(text).toStartWith("okx: geo-blocked, though its last data is 60 s old: most likely");
    expect(text).toContain("retried automatically after 2 to 30 minutes; if it lasts for hours");
  });

  test("is a different state after a day, with its own advice: it no longer counts", async () => {
    const { scene, pass, of } = setUp();
    scene.allWell();
    await pass(24 * HOUR_MS, ["okx"]);
    scene.fail("okx", "geo_blocked", "HTTP 451");
    expect(of("exchange:okx").state).toBe("blocked_lately");
    await pass(MINUTE_MS, ["okx"]);
    const { state, text } = of("exchange:okx");
    expect(state).toBe("geo_blocked");
    expect(text).toBe(
      "okx: geo-blocked, its last data is 24 h old. It blocks this machine's country and does not count towards health: remove it from EXCHANGES or run elsewhere.",
    );
  });

  test("has recovered when it delivers, not when it fails for another reason", async () => {
    const { scene, pass, of, knows } = setUp();
    scene.allWell();
    scene.fail("okx", "geo_blocked", "HTTP 451");
    expect(knows("exchange:okx")).toBe(true);
    scene.fail("okx", "timeout", "no answer in time");
    expect(knows("exchange:okx")).toBe(false);
    await pass(MINUTE_MS);
    expect(of("exchange:okx")).toMatchObject({ state: "ok" });
  });

  test("is not counted as fresh in the messages about others", async () => {
    const { scene, pass, of } = setUp();
    scene.allWell();
    await pass(STALE_AFTER_MS + MINUTE_MS, ["okx", "gate"]);
    scene.fail("gate", "geo_blocked", "HTTP 451");
    scene.fail("okx", "timeout", "no answer in time");
    expect(of("exchange:okx").text).toContain("Other exchanges: 8 of 9 fresh.");
  });
});

describe("the whole service", () => {
  test("gets one message of its own below 80 %, with the names of the exchanges and how many are left", async () => {
    const { scene, pass, of, ids } = setUp();
    scene.allWell();
    const out = ids.slice(0, 5);
    await pass(MINUTE_MS, out);
    for (const id of out) scene.fail(id, "geo_blocked", "HTTP 451");
    const { state, text } = of("service");
    expect(state).toBe("few_fresh");
    expect(text).toStartWith(`service: only 5 of 10 exchanges are fresh (not: ${out.join(", ")}).`);
    await pass(5 * MINUTE_MS);
    expect(of("service")).toEqual({
      state: "ok",
      text: "service: 10 of 10 exchanges are fresh again.",
    });
  });

  test("reports nothing at startup before the exchanges were requested, nor if only a few are out", async () => {
    const { scene, pass, knows, ids } = setUp();
    scene.heartbeatMs = 0;
    await pass(MINUTE_MS, ids.slice(0, 6));
    expect(scene.report()).toMatchObject({ status: "degraded", freshExchanges: 4 });
    expect(knows("service")).toBe(false);
    for (const id of ids.slice(0, 4)) scene.fail(id, "geo_blocked", "HTTP 451");
    expect(knows("service")).toBe(false);
    for (const id of ids.slice(4, 6)) scene.fail(id, "geo_blocked", "HTTP 451");
    expect(knows("service")).toBe(true);
  });
});
