import { readFileSync } from "node:fs";
import { expect, test } from "bun:test";
import type { FaultName } from "../../src/simulator/fault-names.ts";
import { startSimulator } from "../../src/simulator/server.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { healthAt } from "../support/service-api.ts";
import { startService, temporaryDatabasePath, until } from "../support/service.ts";
import { LONG_MS } from "../support/patience.ts";
import { PART } from "../support/part-of-market.ts";

const VICTIM = "bybit";
/** Its request that is sent in every refresh. */
const RATES = `${VICTIM} /v5/market/tickers`;
const OTHERS = ["okx", "kraken", "dydx", "gate"] as const satisfies readonly ExchangeId[];

/** What is sent, and what an operator reads about it. */
const HOSTILE: readonly (readonly [fault: FaultName, lastError: RegExp])[] = [
  ["deep_json", /nested more than 32 levels deep/],
  ["gzip_bomb", /a list of more than 5000/],
  ["many_rows", /a list of more than 5000|over 8388608 bytes/],
  ["huge_body", /over 8388608 bytes/],
];
const REFRESHES_EACH = 2;

/** Parsing 10 MB of brackets took 650 MB more, and a bomb whose inflation is not stopped a gigabyte. */
const MAX_GROWTH_MB = 300;

/** The peak resident memory of a process; null if the system does not report it. */
function peakMb(pid: number): number | null {
  try {
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) / 1024;
  } catch {
    return null;
  }
}

test(
  "an exchange that sends memory-filling payloads fails alone: the process stays small, the others fresh",
  async () => {
    using database = temporaryDatabasePath();
    using simulator = startSimulator({ nowMs: () => Date.now(), scale: PART });
    const { market } = simulator;
    await using service = await startService({
      DATABASE_PATH: database.path,
      EXCHANGE_ORIGIN: simulator.origin,
      EXCHANGES: [VICTIM, ...OTHERS].join(","),
      REFRESH_SECONDS: "2",
      STALE_AFTER_SECONDS: "60",
    });
    let last = "";
    const health = async () => {
      const { exchanges } = await healthAt(service.origin);
      last = JSON.stringify(exchanges);
      return exchanges;
    };
    const allWell = async (): Promise<boolean> => {
      const well = (await health()).filter((one) => one.status === "ok" && one.reason === null);
      return well.length === OTHERS.length + 1;
    };
    await until(allWell, () => last);
    const atRestMb = peakMb(service.pid);
    const disturbed = new Set<string>();
    for (const [fault, lastError] of HOSTILE) {
      market.resetRequests();
      market.setFault(VICTIM, { name: fault });
      await until(
        async () => {
          const exchanges = await health();
          for (const one of exchanges)
            if (one.exchange !== VICTIM && one.status !== "ok") disturbed.add(JSON.stringify(one));
          const error = exchanges.find(({ exchange }) => exchange === VICTIM)?.reason ?? "";
          return lastError.test(error) && (market.requests()[RATES] ?? 0) >= REFRESHES_EACH;
        },
        () => `${fault}: ${last}`,
      );
      market.clearFaults();
      await until(allWell, () => last);
    }
    expect([...disturbed]).toEqual([]);
    const peak = peakMb(service.pid);
    if (peak === null || atRestMb === null) {
      console.log("hostile exchange: this system reports no memory peak, so it was not checked");
      return;
    }
    console.log(
      `hostile exchange: ${atRestMb.toFixed(0)} MB at rest, ${peak.toFixed(0)} MB at most`,
    );
    expect(peak - atRestMb).toBeLessThan(MAX_GROWTH_MB);
  },
  LONG_MS,
);
