import { expect, test } from "bun:test";
import { statSync } from "node:fs";
import { startSimulator } from "../../src/simulator/server.ts";
import { type Family, parseExposition } from "../support/exposition.ts";
import { fundingAt } from "../support/service-api.ts";
import { startService, temporaryDatabasePath, until } from "../support/service.ts";
import { LONG_MS } from "../support/patience.ts";

async function scraped(origin: string): Promise<Family[]> {
  return parseExposition(await (await fetch(`${origin}/metrics`)).text());
}

const samplesOf = (families: readonly Family[], name: string) =>
  families.find((family) => family.name === name)?.samples ?? [];

test(
  "a running service exports its database sizes, start, snapshot age and configured rates",
  async () => {
    using database = temporaryDatabasePath();
    using simulator = startSimulator({ nowMs: () => Date.now(), scale: 0.1 });
    const startedSeconds = Date.now() / 1000;
    await using service = await startService({
      DATABASE_PATH: database.path,
      EXCHANGE_ORIGIN: simulator.origin,
      EXCHANGES: "okx,kraken",
      METRICS_BASES: "xbt,eth",
    });
    const rates = async () =>
      samplesOf(await scraped(service.origin), "funding_rate_annualized_percent");
    const exchanges = async () => new Set((await rates()).map(({ labels }) => labels["exchange"]));
    await until(async () => (await exchanges()).size === 2);
    const families = await scraped(service.origin);

    const shown = new Set((await rates()).map(({ labels }) => labels["exchange_symbol"]));
    const { rows } = await fundingAt(service.origin);
    const listed = rows.filter(({ base }) => base === "BTC" || base === "ETH");
    expect(shown).toEqual(new Set(listed.map(({ exchange_symbol: symbol }) => symbol)));

    const [started] = samplesOf(families, "process_start_time_seconds");
    expect(Math.abs((started?.value ?? 0) - startedSeconds)).toBeLessThan(60);
    const [age] = samplesOf(families, "funding_snapshot_age_seconds");
    expect(age?.value).toBeLessThan(60);

    const sizes = samplesOf(families, "funding_database_size_bytes");
    expect(sizes.map(({ labels }) => [labels["database"], labels["file"]])).toEqual([
      ["market", "data"],
      ["market", "wal"],
      ["accounts", "data"],
      ["accounts", "wal"],
      ["history", "data"],
      ["history", "wal"],
    ]);
    // Nothing is written to the accounts file meanwhile.
    const accounts = database.path.replace(/\.db$/, ".accounts.db");
    const size = { data: statSync(accounts).size, wal: statSync(`${accounts}-wal`).size };
    expect(sizes.slice(2, 4).map(({ value }) => value)).toEqual([size.data, size.wal]);
    expect(sizes[0]?.value).toBeGreaterThan(0);
  },
  LONG_MS,
);
