import { expect, test } from "bun:test";
import { startSimulator } from "../../src/simulator/server.ts";
import { bodyOf, statusesOf } from "../support/missing-scene.ts";
import { LONG_MS } from "../support/patience.ts";
import { startService, temporaryDatabasePath, until } from "../support/service.ts";
import { PART } from "../support/part-of-market.ts";

/** One that never succeeds, one that blocks the country, two that are ok. */
const EXCHANGES = ["okx", "bybit", "dydx", "phemex"];

const CURRENT = "/api/funding/current";

test(
  "a service with an exchange that fails from the start and one that blocks it says so in every answer until they deliver",
  async () => {
    using database = temporaryDatabasePath();
    using simulator = startSimulator({ nowMs: () => Date.now(), scale: PART });
    simulator.market.setFault("okx", { name: "html" });
    simulator.market.setFault("bybit", { name: "http451" });
    await using service = await startService({
      DATABASE_PATH: database.path,
      EXCHANGE_ORIGIN: simulator.origin,
      EXCHANGES: EXCHANGES.join(","),
      REFRESH_SECONDS: "1",
    });
    const get = (target: string) => fetch(service.origin + target);
    const client = { get };
    let seen: readonly string[] = [];
    const shows = (statuses: readonly string[], target = CURRENT) =>
      until(
        async () => {
          if ((await get(target)).status !== 200) return false;
          seen = statusesOf(await bodyOf(client, target));
          return Bun.deepEquals(seen, statuses);
        },
        () => `${seen.join(", ")}; ${service.log()}`,
      );
    // Assets are identified a moment after the rates.
    const restsOn = (exchanges: number) =>
      until(async () => {
        const { rows } = await bodyOf(client, "/api/funding/sentiment?base=BTC");
        const [row] = rows;
        expect(row?.["of_exchanges"] ?? EXCHANGES.length).toBe(EXCHANGES.length);
        return row?.["exchanges"] === exchanges;
      });
    await shows(["bybit geo_blocked", "okx down"]);
    await restsOn(2);
    const csv = await get(`${CURRENT}?format=csv&limit=1`);
    expect(csv.headers.get("x-missing-exchanges")).toBe(
      "bybit;status=geo_blocked, okx;status=down",
    );
    const alone = await get(`${CURRENT}?exchange=okx`);
    expect([alone.status, alone.headers.get("retry-after")]).toEqual([503, "60"]);
    expect(await alone.json()).toMatchObject({
      code: "no_data",
      missing: [{ exchange: "okx", reason: "No new rates: its answer cannot be read." }],
    });
    expect((await get("/api/explain/okx/BTC-USDT-SWAP")).status).toBe(503);
    simulator.market.clearFaults("okx");
    await shows(["bybit geo_blocked"]);
    await shows([], `${CURRENT}?exchange=okx`);
    await restsOn(3);
  },
  LONG_MS,
);
