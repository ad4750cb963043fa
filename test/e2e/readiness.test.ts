import { expect, test } from "bun:test";
import { acceptedBatch, startCollecting, testDatabase } from "../support/database.ts";
import { type MissingBody, statusesOf } from "../support/missing-scene.ts";
import { quoteOf } from "../support/quote.ts";
import { startService, until } from "../support/service.ts";
import { LONG_MS } from "../support/patience.ts";

/** Older than a row may be, in milliseconds. */
const OLD_MS = 10 * 60_000;

test(
  "a service with old data serves it immediately, says what is missing, and is ready when the exchanges that it waits for have failed",
  async () => {
    using database = testDatabase();
    const nowMs = Date.now();
    const epoch = startCollecting(database, ["okx", "gate"], nowMs - OLD_MS);
    const quote = quoteOf("BTC", { receivedAtMs: nowMs - OLD_MS });
    database.writer.commit(acceptedBatch("okx", epoch, nowMs - OLD_MS, [quote]));
    const held = Promise.withResolvers<void>();
    const exchange = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      development: false,
      async fetch() {
        await held.promise;
        return new Response("", { status: 403 });
      },
    });
    using stack = new DisposableStack();
    stack.defer(() => void exchange.stop(true));
    await using service = await startService({
      DATABASE_PATH: database.path,
      EXCHANGE_ORIGIN: `http://127.0.0.1:${exchange.port}`,
      EXCHANGES: "okx,gate",
      STALE_AFTER_SECONDS: "300",
    });
    const ready = await fetch(`${service.origin}/readyz`);
    expect([ready.status, await ready.text()]).toEqual([503, "starting: waiting for okx, gate\n"]);
    const missing = async () => {
      const data = await fetch(`${service.origin}/api/funding/current`);
      const body = (await data.json()) as MissingBody;
      return [data.status, body.total, ...statusesOf(body)];
    };
    expect(await missing()).toEqual([200, 1, "gate starting", "okx stale"]);
    held.resolve();
    await until(async () => (await fetch(`${service.origin}/readyz`)).status === 200);
    expect(await (await fetch(`${service.origin}/readyz`)).text()).toBe("ok\n");
  },
  LONG_MS,
);
