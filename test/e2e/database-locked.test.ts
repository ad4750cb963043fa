import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { accountsFile } from "../../src/db/accounts/file.ts";
import { startSimulator } from "../../src/simulator/server.ts";
import { startBotApi } from "../support/bot-api.ts";
import { allShown, fundingAt, healthAt } from "../support/service-api.ts";
import { startService, temporaryDatabasePath, until } from "../support/service.ts";
import { LONG_MS } from "../support/patience.ts";
import { PART } from "../support/part-of-market.ts";

const HELD_MS = 10_000;
/** The aim is 20 ms; a thread that waits for the lock at all takes five seconds or all ten. */
const PROMPT_MS = 2_000;
const ASK_EVERY_MS = 20;

const REFRESH_SECONDS = 3;
/** Fetched in bulk: each has its next batch within seconds. */
const EXCHANGES = ["okx", "kraken", "bybit", "gate"] as const;
const BOT = { token: "987654:TOKEN", chatId: "42" };
/** Longer than the lock's holder takes to start, shorter than it holds the lock. */
const SEND_AGAIN = {
  status: 429,
  body: { ok: false, error_code: 429, description: "Slow", parameters: { retry_after: 5 } },
};
const HOLDER = join(import.meta.dir, "../support/lock-holder-child.ts");

/** Takes the write lock of a file from another program; `released` resolves when it was released. */
async function holdLock(path: string): Promise<{ readonly released: Promise<unknown> }> {
  const child = Bun.spawn([process.execPath, HOLDER, path, String(HELD_MS)], { stdout: "pipe" });
  const { value } = await child.stdout.getReader().read();
  expect(new TextDecoder().decode(value)).toBe("held\n");
  return { released: child.exited };
}

function query<T>(path: string, sql: string): T[] {
  const db = new Database(path, { readonly: true });
  try {
    return db.query<T, []>(sql).all();
  } finally {
    db.close();
  }
}

test(
  "another program's write lock of ten seconds delays no response, ends no collector and loses no alert",
  async () => {
    using database = temporaryDatabasePath();
    using stack = new DisposableStack();
    const simulator = stack.adopt(startSimulator({ nowMs: () => Date.now(), scale: PART }), (one) =>
      one.stop(),
    );
    const bot = stack.adopt(startBotApi(BOT), (one) => void one.stop());
    await using service = await startService({
      DATABASE_PATH: database.path,
      EXCHANGE_ORIGIN: simulator.origin,
      EXCHANGES: EXCHANGES.join(","),
      REFRESH_SECONDS: String(REFRESH_SECONDS),
      TELEGRAM_BOT_TOKEN: BOT.token,
      TELEGRAM_CHAT_ID: BOT.chatId,
      TELEGRAM_API_ORIGIN: bot.origin,
    });
    await allShown(service.origin, EXCHANGES);

    // One alert is due again while the lock is held, which is a write by the main thread …
    bot.answerNext(SEND_AGAIN);
    simulator.market.setFault("okx", { name: "http451" });
    await until(() => bot.calls === 1);
    const accountsPath = accountsFile(database.path).path;
    const held = await Promise.all([database.path, accountsPath].map(holdLock));
    const released = Promise.all(held.map((lock) => lock.released));
    // … and one is caused by what is fetched meanwhile.
    simulator.market.setFault("kraken", { name: "http451" });
    const worstMs = new Map<string, number>();
    const heldAtMs = performance.now();
    let answers = 0;
    while (Bun.peek.status(released) === "pending") {
      for (const path of ["/livez", "/api/funding/current", "/api/funding/arb"]) {
        const startedMs = performance.now();
        const response = await fetch(service.origin + path);
        await response.arrayBuffer();
        expect(response.status).toBe(200);
        worstMs.set(path, Math.max(worstMs.get(path) ?? 0, performance.now() - startedMs));
        answers += 1;
      }
      await Bun.sleep(ASK_EVERY_MS);
    }
    const heldMs = performance.now() - heldAtMs;
    console.log(`locked: ${answers} answers in ${heldMs.toFixed(0)} ms, the slowest`, worstMs);
    expect(heldMs).toBeGreaterThan(HELD_MS / 2);
    expect(Math.max(...worstMs.values())).toBeLessThan(PROMPT_MS);
    for (const part of ['"file":"accounts"', '"part":"collector"'])
      expect(service.log()).toMatch(new RegExp(`${part}.*"event":"database_not_writable"`));

    // Each exchange has a batch from after the lock, including its rows.
    const releasedAtMs = Date.now();
    await until(
      async () => {
        const well = (await healthAt(service.origin)).exchanges.filter(
          ({ data_age_seconds: age }) =>
            age !== null && Date.now() - age * 1_000 > releasedAtMs + 1_000,
        );
        return well.length === EXCHANGES.length - 2;
      },
      () => service.log(),
    );
    // The snapshot with them comes within its five seconds.
    await until(async () => {
      const { rows } = await fundingAt(service.origin, "?exchange=gate");
      return rows.some((row) => row.observed_at * 1_000 > releasedAtMs);
    });
    await until(
      () => bot.messages.length >= 2,
      () => service.log(),
    );

    const outbox = query<{ key: string; sent: number }>(
      accountsPath,
      "SELECT key, sent_at IS NOT NULL AS sent FROM alert_outbox ORDER BY id",
    );
    expect(outbox.map(({ sent }) => sent)).toEqual([1, 1]);
    expect(outbox.map(({ key }) => key)).toEqual(["exchange:okx", "exchange:kraken"]);
    expect(bot.messages.map(({ text }) => text.split(":")[0])).toEqual(["okx", "kraken"]);

    expect(query(database.path, "SELECT epoch FROM collector_epoch")).toEqual([{ epoch: 1 }]);
    expect(service.log().match(/"event":"collecting"/g)).toHaveLength(1);
    expect(service.log()).not.toContain("collector_ended");
    expect(service.log()).toContain("database_writable_again");
    service.kill("SIGTERM");
    expect(await service.exited).toBe(0);
    expect(bot.messages).toHaveLength(2);
  },
  LONG_MS,
);
