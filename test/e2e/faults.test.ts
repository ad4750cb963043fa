import { expect, test } from "bun:test";
import type { Fault } from "../../src/demo/faults.ts";
import { startSimulator } from "../../src/demo/server.ts";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import { COOLDOWN_MS } from "../../src/services/alerts.ts";
import { startBotApi } from "../support/bot-api.ts";
import { healthAt } from "../support/service-api.ts";
import { startService, temporaryDatabasePath, until } from "../support/service.ts";

/** The longest part is a request that hangs: it is given up after ten seconds. */
const LONG_MS = 90_000;

const BOT = { token: "987654:TOKEN-THAT-NOBODY-MAY-READ", chatId: "42" };

/** These two have a pace of their own that allows no refresh every two seconds. */
const SLOW: readonly ExchangeId[] = ["hyperliquid", "gate"];
const EXCHANGES = EXCHANGE_IDS.filter((id) => !SLOW.includes(id));

interface Trouble {
  readonly fault: Fault;
  /** What the operator reads. */
  readonly lastError: RegExp;
  /** Whether nothing usable comes any more: then it is stale, and that is told. */
  readonly silences: boolean;
}

/** One kind of fault for each kind of failure, all at the same time. */
const TROUBLES: ReadonlyMap<ExchangeId, Trouble> = new Map<ExchangeId, Trouble>([
  ["okx", { fault: { name: "hang" }, lastError: /within 1\d s/, silences: true }],
  [
    "bybit",
    { fault: { name: "http429", retryAfterSeconds: 2 }, lastError: /^HTTP 429/, silences: true },
  ],
  ["kucoin", { fault: { name: "html" }, lastError: /HTML/, silences: true }],
  ["kraken", { fault: { name: "error_envelope" }, lastError: /marketUnavailable/, silences: true }],
  [
    "binance",
    { fault: { name: "half_list" }, lastError: /^\d+ instruments, \d+ in/, silences: false },
  ],
]);

const WELL = EXCHANGES.filter((id) => !TROUBLES.has(id));

test(
  "five exchanges fail in five ways: health names each and why, the others stay well, one alert each, all recover",
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
      STALE_AFTER_SECONDS: "6",
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
      const well = exchanges.filter((one) => one.status === "ok" && one.last_error === null);
      return status === "ok" && well.length === EXCHANGES.length;
    };
    await until(allWell, () => last);

    for (const [id, { fault }] of TROUBLES) simulator.market.setFault(id, fault);
    const startedMs = performance.now();
    const open = new Map(TROUBLES);
    const disturbed = new Set<string>();
    const messagesAbout = (id: ExchangeId): readonly string[] =>
      bot.messages.map(({ text }) => text).filter((text) => text.startsWith(`${id}:`));
    // Each fault ends as soon as it was seen for what it is.
    await until(
      async () => {
        const report = await health();
        for (const one of report.exchanges) {
          if (WELL.includes(one.exchange) && one.status !== "ok")
            disturbed.add(JSON.stringify(one));
          const trouble = open.get(one.exchange);
          if (trouble === undefined || !trouble.lastError.test(one.last_error ?? "")) continue;
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

    // The messages that they are well again wait for the end of the cooldown.
    expect(recoveredMs).toBeLessThan(COOLDOWN_MS);
    const told = Object.fromEntries(EXCHANGES.map((id) => [id, messagesAbout(id).length]));
    const expected = EXCHANGES.map((id) => [id, TROUBLES.get(id)?.silences === true ? 1 : 0]);
    expect(told).toEqual(Object.fromEntries(expected));
    expect(messagesAbout("bybit")[0]).toMatch(/^bybit: no fresh data for \d+ s \(rate_limited: /);
    expect(bot.calls).toBe(bot.messages.length);
    service.kill("SIGTERM");
    expect(await service.exited).toBe(0);
    expect(service.log()).toContain("alert_sent");
    expect(service.log()).not.toContain(BOT.token);
  },
  LONG_MS,
);
