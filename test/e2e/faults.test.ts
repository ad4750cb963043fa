import { expect, test } from "bun:test";
import type { Fault } from "../../src/simulator/faults.ts";
import { startSimulator } from "../../src/simulator/server.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { EXCHANGES as REGISTRY } from "../../src/exchanges/registry.ts";
import type { FundingRow } from "../../src/http/lists/funding-schema.ts";
import { COOLDOWN_MS } from "../../src/services/operations/alerts.ts";
import { startBotApi } from "../support/bot-api.ts";
import { allShown, fundingAt, healthAt } from "../support/service-api.ts";
import { startService, temporaryDatabasePath, until } from "../support/service.ts";
import { LONG_MS } from "../support/patience.ts";
import { PART } from "../support/part-of-market.ts";

/** Fifteen refreshes: nothing that continues is ever that late, however busy the machine is. */
const STALE_AFTER_SECONDS = "30";

const BOT = { token: "987654:TOKEN-THAT-NOBODY-MAY-READ", chatId: "42" };

interface Trouble {
  readonly fault: Fault;
  /** What the operator reads. */
  readonly lastError: RegExp;
  /** Whether no usable data comes any more: then it becomes stale, with an alert. */
  readonly silences: boolean;
}

/** One fault for each kind of failure, all at the same time. */
const TROUBLES: ReadonlyMap<ExchangeId, Trouble> = new Map<ExchangeId, Trouble>([
  ["okx", { fault: { name: "hang" }, lastError: /within 1\d s/, silences: true }],
  [
    "bybit",
    {
      fault: { name: "http429", retryAfterSeconds: 2 },
      lastError: /^rate_limited: HTTP 429/,
      silences: true,
    },
  ],
  ["kucoin", { fault: { name: "html" }, lastError: /HTML/, silences: true }],
  [
    "kraken",
    {
      fault: { name: "error_envelope" },
      lastError: /^bad_envelope: the answer is not in/,
      silences: true,
    },
  ],
  [
    "binance",
    {
      fault: { name: "half_list" },
      lastError: /^(refused_batch: )?\d+ instruments, \d+ in/,
      silences: false,
    },
  ],
]);

/** One unaffected exchange of each kind. */
const WELL: readonly ExchangeId[] = ["bitget", "dydx", "phemex"];
const EXCHANGES = [...TROUBLES.keys(), ...WELL];

// Both mostly wait, each for its own services: they wait at the same time.
test.concurrent(
  "five exchanges fail in five ways: health names each and why, the others stay ok, one alert each, all recover",
  async () => {
    using database = temporaryDatabasePath();
    using stack = new DisposableStack();
    const simulator = stack.adopt(startSimulator({ nowMs: () => Date.now() }), (one) => one.stop());
    const bot = stack.adopt(startBotApi(BOT), (one) => void one.stop());
    await using service = await startService({
      DATABASE_PATH: database.path,
      EXCHANGE_ORIGIN: simulator.origin,
      EXCHANGES: EXCHANGES.join(","),
      REFRESH_SECONDS: "2",
      STALE_AFTER_SECONDS,
      LOG_LEVEL: "debug",
      TELEGRAM_BOT_TOKEN: BOT.token,
      TELEGRAM_CHAT_ID: BOT.chatId,
      TELEGRAM_API_ORIGIN: bot.origin,
    });
    let last = "";
    const health = async () => {
      const report = await healthAt(service.origin);
      last = JSON.stringify(report);
      return report;
    };
    const allWell = async (): Promise<boolean> => {
      const { status, exchanges } = await health();
      const well = exchanges.filter((one) => one.status === "ok" && one.reason === null);
      return status === "ok" && well.length === EXCHANGES.length;
    };
    await until(allWell, () => last);

    for (const [id, { fault }] of TROUBLES) simulator.market.setFault(id, fault);
    const startedMs = performance.now();
    const open = new Map(TROUBLES);
    const disturbed = new Set<string>();
    const messagesAbout = (id: ExchangeId): readonly string[] =>
      bot.messages.map(({ text }) => text).filter((text) => text.startsWith(`${id}:`));
    // Each fault ends as soon as it was recognised.
    await until(
      async () => {
        const report = await health();
        for (const one of report.exchanges) {
          if (WELL.includes(one.exchange) && one.status !== "ok")
            disturbed.add(JSON.stringify(one));
          const trouble = open.get(one.exchange);
          if (trouble === undefined || !trouble.lastError.test(one.reason ?? "")) continue;
          expect(one.status).not.toBe("ok");
          const isStale = report.stale_exchanges.includes(one.exchange);
          if (isStale) expect(report.status).toBe("degraded");
          if (trouble.silences && !(isStale && messagesAbout(one.exchange).length > 0)) continue;
          simulator.market.clearFaults(one.exchange);
          open.delete(one.exchange);
        }
        return open.size === 0;
      },
      () => `${[...open.keys()].join(", ")} not seen yet: ${last}`,
    );
    const seenMs = performance.now() - startedMs;
    await until(allWell, () => last);
    const recoveredMs = performance.now() - startedMs;
    console.log(
      `faults: all seen in ${seenMs.toFixed(0)} ms, all well ${recoveredMs.toFixed(0)} ms`,
    );
    expect([...disturbed]).toEqual([]);

    // Recovery messages wait for the end of the cooldown.
    expect(recoveredMs).toBeLessThan(COOLDOWN_MS);
    const sent = Object.fromEntries(EXCHANGES.map((id) => [id, messagesAbout(id).length]));
    const expected = EXCHANGES.map((id) => [id, TROUBLES.get(id)?.silences === true ? 1 : 0]);
    expect(sent).toEqual(Object.fromEntries(expected));
    expect(messagesAbout("bybit")[0]).toMatch(/^bybit: no fresh data for \d+ s \(rate_limited: /);
    expect(bot.calls).toBe(bot.messages.length);
    service.kill("SIGTERM");
    expect(await service.exited).toBe(0);
    expect(service.log()).toContain("alert_sent");
    expect(service.log()).not.toContain(BOT.token);
  },
  LONG_MS,
);

/** A fault of one exchange, and how an operator reads about it. */
type Round = readonly [fault: Fault, lastError: RegExp];

/**
 * One exchange of each group: of the first eight, a centralised one, a decentralised one, and one that is fetched
 * instrument by instrument.
 */
const VICTIMS = ["okx", "phemex", "dydx", "poloniex"] as const;
const BYSTANDERS = ["bybit", "bitget", "paradex", "kraken"] as const;

const ROUND_REFRESH_SECONDS = 3;

/** Failing refreshes alternate with refreshes that leave some rows: no pause grows. */
const ROUNDS: readonly Round[] = [
  [{ name: "hang" }, /within 1\d s/],
  [{ name: "garbage_numbers" }, /^(refused_batch: )?\d+ instruments, /],
  [{ name: "http429", retryAfterSeconds: 1 }, /^rate_limited: HTTP 429/],
  // Half of the instruments are missing, or are each refused.
  [{ name: "half_list" }, /^(refused_batch: )?\d+ instruments, |^rates: bad_envelope/],
  [{ name: "html" }, /HTML/],
];

/** While four hosts leave their requests hanging for ten seconds. An exchange that waited for them would be late. */
const BYSTANDER_REFRESHES = 2;

test.concurrent(
  "one exchange of each group has five faults: each is reported in words, no garbage is served, the others are unaffected",
  async () => {
    using database = temporaryDatabasePath();
    using stack = new DisposableStack();
    const simulator = stack.adopt(startSimulator({ nowMs: () => Date.now(), scale: PART }), (one) =>
      one.stop(),
    );
    const settings = {
      DATABASE_PATH: database.path,
      EXCHANGE_ORIGIN: simulator.origin,
      EXCHANGES: [...VICTIMS, ...BYSTANDERS].join(","),
      REFRESH_SECONDS: String(ROUND_REFRESH_SECONDS),
    };
    {
      // The size of an exchange is known from its first batch, and the possible period of one that is fetched
      // instrument by instrument from the start after that.
      await using first = await startService(settings);
      await allShown(first.origin, [...VICTIMS, ...BYSTANDERS]);
      first.kill("SIGTERM");
      await first.exited;
    }
    await using service = await startService(settings);
    await allShown(service.origin, [...VICTIMS, ...BYSTANDERS]);
    const watch = new HealthWatch(service.origin, BYSTANDERS);
    const rowsBefore = (await fundingAt(service.origin)).total;
    const garbage = new Set<string>();
    const startedMs = performance.now();
    /** Requests to an unaffected exchange so far, in refreshes. */
    const refreshesOf = (id: ExchangeId): number => {
      const requests = Object.entries(simulator.market.requests());
      const ofIt = requests.filter(([request]) => request.startsWith(`${id} `));
      return (
        ofIt.reduce((sum, [, times]) => sum + times, 0) / REGISTRY[id].facts.requestsPerRefresh
      );
    };
    const refreshesBefore = new Map(BYSTANDERS.map((id) => [id, refreshesOf(id)]));
    const refreshesInHang = new Map<ExchangeId, number>();
    // Each exchange gets its next fault as soon as the current one was recognised.
    const suffer = async (id: ExchangeId): Promise<void> => {
      for (const [fault, lastError] of ROUNDS) {
        simulator.market.setFault(id, fault);
        await until(
          async () => {
            const one = (await watch.poll()).find(({ exchange }) => exchange === id);
            if (!lastError.test(one?.reason ?? "")) return false;
            expect([id, fault.name, one?.status]).not.toEqual([id, fault.name, "ok"]);
            return true;
          },
          () => `${id} under ${fault.name}: ${watch.last}`,
        );
        if (fault.name === "hang")
          for (const [other, before] of refreshesBefore)
            refreshesInHang.set(other, refreshesOf(other) - before);
        const { rows } = await fundingAt(service.origin, `?exchange=${id}`);
        for (const row of rows) if (isGarbage(row)) garbage.add(JSON.stringify(row));
        const tookMs = performance.now() - startedMs;
        console.log(`faults: ${id} under ${fault.name} seen after ${tookMs.toFixed(0)} ms`);
      }
      simulator.market.clearFaults(id);
    };
    await Promise.all(VICTIMS.map(suffer));
    await until(
      async () => (await watch.poll()).every((one) => one.status === "ok" && one.reason === null),
      () => watch.last,
    );
    console.log(`faults: all well after ${(performance.now() - startedMs).toFixed(0)} ms`);
    expect([...watch.disturbed]).toEqual([]);
    console.log(`faults: no bystander was older than ${watch.oldestSeconds} s`);
    expect(refreshesInHang.size).toBe(BYSTANDERS.length);
    expect(Math.min(...refreshesInHang.values())).toBeGreaterThanOrEqual(BYSTANDER_REFRESHES);

    expect([...garbage]).toEqual([]);
    expect((await fundingAt(service.origin)).total).toBe(rowsBefore);
  },
  LONG_MS,
);

type HealthOfOne = Awaited<ReturnType<typeof healthAt>>["exchanges"][number];

/** Polls the health of a service and remembers what happened to the unaffected exchanges. */
class HealthWatch {
  readonly #origin: string;
  readonly #bystanders: readonly ExchangeId[];
  readonly disturbed = new Set<string>();
  oldestSeconds = 0;
  last = "";

  constructor(origin: string, bystanders: readonly ExchangeId[]) {
    this.#origin = origin;
    this.#bystanders = bystanders;
  }

  async poll(): Promise<readonly HealthOfOne[]> {
    const { exchanges } = await healthAt(this.#origin);
    this.last = JSON.stringify(exchanges.filter((one) => one.reason !== null));
    for (const one of exchanges) {
      if (!this.#bystanders.includes(one.exchange)) continue;
      if (one.status !== "ok" || one.reason !== null) this.disturbed.add(JSON.stringify(one));
      this.oldestSeconds = Math.max(this.oldestSeconds, one.data_age_seconds ?? Number.NaN);
    }
    return exchanges;
  }
}

/** No simulated rate reaches its notional; every garbled one that is a number is far beyond. */
function isGarbage({
  funding_rate: rate,
  mark_price: mark,
  index_price: index,
}: FundingRow): boolean {
  return !(Math.abs(rate) < 1) || [mark, index].some((price) => price !== null && price <= 0);
}
