import { join } from "node:path";
import { expect, test } from "bun:test";
import { startSimulator } from "../../src/simulator/server.ts";
import { LONG_MS } from "../support/patience.ts";
import { healthAt } from "../support/service-api.ts";
import { startService, temporaryDatabasePath, until } from "../support/service.ts";
import { PART } from "../support/part-of-market.ts";

const ROOT = join(import.meta.dir, "../..");
const EXCHANGE = "bybit";

test(
  "an exchange that has changed its unit is refused, and accepted on the operator's command while the service runs",
  async () => {
    using database = temporaryDatabasePath();
    using simulator = startSimulator({ nowMs: () => Date.now(), scale: PART });
    await using service = await startService({
      DATABASE_PATH: database.path,
      EXCHANGE_ORIGIN: simulator.origin,
      EXCHANGES: EXCHANGE,
      REFRESH_SECONDS: "1",
    });
    let seen: unknown = null;
    const shows = (status: string, error: RegExp | null) =>
      until(
        async () => {
          const { exchanges } = await healthAt(service.origin);
          const [one] = exchanges;
          seen = one;
          const reason = one?.reason ?? null;
          return (
            one?.status === status && (error === null ? reason === null : error.test(reason ?? ""))
          );
        },
        () => `${JSON.stringify(seen)}; ${service.log()}`,
      );
    const medianRate = async (): Promise<number> => {
      const response = await fetch(`${service.origin}/api/funding/current?exchange=${EXCHANGE}`);
      const { rows } = (await response.json()) as { rows: { funding_rate: number }[] };
      const sizes = rows.map((row) => Math.abs(row.funding_rate)).toSorted((a, b) => a - b);
      return sizes[Math.floor(sizes.length / 2)] ?? 0;
    };
    await shows("ok", null);
    await until(async () => (await fetch(`${service.origin}/readyz`)).status === 200);
    const before = await medianRate();
    simulator.market.setFault(EXCHANGE, { name: "scaled_rates" });
    await shows("degraded", /refused_batch: rates are \d+ times/);
    expect(await medianRate()).toBe(before);
    const accept = Bun.spawn(
      [process.execPath, join(ROOT, "src/cli/main.ts"), "accept", EXCHANGE],
      {
        cwd: ROOT,
        env: { PATH: process.env["PATH"] ?? "", DATABASE_PATH: database.path },
        stderr: "pipe",
      },
    );
    const [printed, status] = await Promise.all([
      new Response(accept.stderr).text(),
      accept.exited,
    ]);
    expect([status, printed.trim()]).toEqual([
      0,
      `${EXCHANGE}: the size and the units of the next batch will be accepted`,
    ]);
    await shows("ok", null);
    await until(async () => (await medianRate()) > 20 * before);
  },
  LONG_MS,
);
