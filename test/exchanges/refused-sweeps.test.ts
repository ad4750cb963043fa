import { describe, expect, test } from "bun:test";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import type { FaultName } from "../../src/simulator/fault-names.ts";
import { exchangeLab } from "../support/exchange-lab.ts";
import { LONG_MS } from "../support/patience.ts";
import { NOON_MS } from "../support/quote.ts";

const START_MS = NOON_MS + 17 * 60_000;
/** So late that each list and each rotation is due, and an old list is used. */
const LATER_MS = 40 * 60_000;

const SWEPT = EXCHANGE_IDS.filter((id) => EXCHANGES[id].facts.requestsPerInstrument !== undefined);

/** Requests of one refresh without any response, including its lists and their retries. */
const MAX_REQUESTS = {
  http403: 16,
  http429: 10,
  http418: 10,
  http451: 10,
  http500: 40,
  html: 60,
  error_envelope: 60,
} as const satisfies Partial<Record<FaultName, number>>;

const CASES = SWEPT.flatMap((id) =>
  (["http403", "http429", "http418", "http451", "http500", "html", "error_envelope"] as const).map(
    (fault) => [id, fault, MAX_REQUESTS[fault]] as const,
  ),
);

function requestsOf(requests: Readonly<Record<string, number>>, id: ExchangeId): number {
  return Object.entries(requests)
    .filter(([key]) => key.startsWith(`${id} `))
    .reduce((sum, [, count]) => sum + count, 0);
}

describe("a swept exchange that refuses everything", () => {
  test("is one of three", () => {
    expect(SWEPT.toSorted()).toEqual(["cryptocom", "grvt", "poloniex"]);
  });

  test.each(CASES)(
    "%s %s: takes at most %p requests per refresh, not one for each instrument",
    async (id, fault, limit) => {
      using lab = exchangeLab([id], START_MS);
      const { outcome } = await lab.cycle(id);
      expect(outcome.kind).toBe("accepted");
      lab.simulator.market.setFault(id, { name: fault });
      await lab.clock.advance(LATER_MS);
      const before = requestsOf(lab.simulator.market.requests(), id);
      expect((await lab.cycle(id, "hangs")).outcome.kind).toBe("failed");
      const sent = requestsOf(lab.simulator.market.requests(), id) - before;
      expect(sent).toBeLessThanOrEqual(limit);
    },
    LONG_MS,
  );
});
