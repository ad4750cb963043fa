import { expect, test } from "bun:test";
import { startSimulator } from "../../src/simulator/server.ts";
import { fundingAt } from "../support/service-api.ts";
import { startService, temporaryDatabasePath, until } from "../support/service.ts";
import { LONG_MS } from "../support/patience.ts";

test(
  "make builds the complete service: both threads, migrations, style sheet and pages",
  async () => {
    using database = temporaryDatabasePath();
    using simulator = startSimulator({ nowMs: () => Date.now(), scale: 0.1 });
    await using service = await startService({
      DATABASE_PATH: database.path,
      EXCHANGE_ORIGIN: simulator.origin,
      EXCHANGES: "okx,kraken",
    });
    await until(async () => {
      const response = await fetch(`${service.origin}/api/funding/current?limit=1`);
      return response.ok && (await fundingAt(service.origin)).rows.length > 0;
    });
    const page = await (await fetch(service.origin)).text();
    const [, sheet = ""] = /href="(\/static\/[^"]+\.css)"/.exec(page) ?? [];
    for (const path of [sheet, "/docs", "/docs/try.js", "/openapi.json", "/metrics"])
      expect([path, (await fetch(service.origin + path)).status]).toEqual([path, 200]);
    // Anything that runs in the main thread without a request is measured.
    await until(async () => {
      const metrics = await (await fetch(`${service.origin}/metrics`)).text();
      return ["alerts", "board", "collector", "groups", "watchdog"].every((work) =>
        metrics.includes(`background_step_longest_seconds{work="${work}"}`),
      );
    });
    service.kill("SIGTERM");
    expect(await service.exited).toBe(0);
  },
  LONG_MS,
);
