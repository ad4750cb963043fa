import { describe, expect, test } from "bun:test";
import type { FundingList } from "../../src/http/lists/funding-schema.ts";
import { startSimulator } from "../../src/simulator/server.ts";
import { LONG_MS } from "../support/patience.ts";
import { PART } from "../support/part-of-market.ts";
import { answerOf } from "../support/service-api.ts";
import { startService, temporaryDatabasePath, until } from "../support/service.ts";

const EXCHANGES = ["mexc", "okx", "kucoin"] as const;
const REFRESH_SECONDS = 2;

describe("a running service", () => {
  test(
    "answers as of a moment from what it has sampled, the same after a restart",
    async () => {
      await using stack = new AsyncDisposableStack();
      const simulator = startSimulator({ nowMs: () => Date.now(), scale: PART });
      stack.defer(() => simulator.stop());
      const database = temporaryDatabasePath();
      stack.use(database);
      const settings = {
        DATABASE_PATH: database.path,
        EXCHANGES: EXCHANGES.join(","),
        EXCHANGE_ORIGIN: simulator.origin,
        REFRESH_SECONDS: String(REFRESH_SECONDS),
      };
      const service = stack.use(await startService(settings));
      const live = async (): Promise<FundingList> =>
        answerOf(service.origin, "/api/funding/current");
      const hasAll = async (): Promise<boolean> => {
        const { rows = [] } = await live();
        return EXCHANGES.every((id) => rows.some(({ exchange }) => exchange === id));
      };
      await until(hasAll, () => service.log());
      const shown = await live();
      // What is accepted within this second may be stored after it is asked for.
      const isOver = async () => (await live()).fetched_at > shown.fetched_at + 2 * REFRESH_SECONDS;
      await until(isOver, () => service.log());
      const target = `/api/funding/current?as_of=${shown.fetched_at}`;
      const past = await answerOf<FundingList>(service.origin, target);
      expect(past.rows.map(({ uid }) => uid)).toEqual(shown.rows.map(({ uid }) => uid));
      expect(past.as_of).toBe(shown.fetched_at);
      const pairs = await answerOf<FundingList>(
        service.origin,
        `/api/funding/arb?min_volume=0&min_yield=0&as_of=${shown.fetched_at}`,
      );
      expect(pairs.rows.length).toBeGreaterThan(0);
      expect(service.log()).not.toContain('"level":50');
      service.kill("SIGTERM");
      expect(await service.exited).toBe(0);
      const next = stack.use(await startService(settings));
      const again = await answerOf<FundingList>(next.origin, target);
      expect(again.rows).toEqual(past.rows);
    },
    LONG_MS,
  );
});
