import { exchangeTerms } from "../../src/services/board/exchange-terms.ts";
import { describe, expect, test } from "bun:test";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { feeTable, takerFees } from "../../src/domain/fees.ts";
import { observedAtMs } from "../../src/domain/funding.ts";
import { boardRow, type BoardRow } from "../../src/domain/market.ts";
import type { OpportunityBook } from "../../src/domain/opportunity.ts";
import type { Quote } from "../../src/domain/quote.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { arbRow } from "../../src/http/lists/pair-row.ts";
import type { ArbRow } from "../../src/http/lists/pair-schema.ts";
import { atOnce } from "../../src/lib/stepwise.ts";
import { findPairs } from "../../src/services/finder/arbitrage.ts";
import { AssetGroups } from "../../src/services/finder/asset-groups.ts";
import { NO_FILTER } from "../../src/services/finder/funding-query.ts";
import type { ArbitrageQuery } from "../../src/services/finder/pair.ts";
import { rowOf, snapshotOf } from "../support/board.ts";
import { DEMO_START_MS, demoMarket } from "../support/simulator.ts";
import { simulatorSource } from "../support/simulator-source.ts";

/** All enabled ones: some are free, some accrue. */
const IDS = Object.values(EXCHANGES).flatMap(({ facts }) =>
  facts.disabledReason === undefined ? [facts.id] : [],
);
const PERIOD_MS = 60_000;

/** A quote as the board shows it, with its ticker taken literally. */
function boardRowOf(exchange: ExchangeId, quote: Quote, instrumentId: number): BoardRow {
  const { record } = rowOf(exchange, quote.base, {
    ...quote,
    instrumentId,
    assetId: quote.base,
    takerFeeBps: quote.takerFeeBps ?? null,
    observedAtMs: observedAtMs(quote.exchangeTimeMs, quote.receivedAtMs),
  });
  return boardRow(record, DEMO_START_MS, exchangeTerms(exchange, PERIOD_MS));
}

/** Every exchange with the part of its listings that makes thousands of pairs. */
const market = demoMarket({ scale: 0.2 });
const rows = (
  await Promise.all(
    IDS.map(async (id) => {
      const { quotes } = await EXCHANGES[id].refresh(simulatorSource(market, id));
      return quotes.map((quote) => ({ id, quote }));
    }),
  )
)
  .flat()
  .map(({ id, quote }, index) => boardRowOf(id, quote, index));

/** Every pair has lasted for a day: only reasons about money remain. */
const A_DAY: OpportunityBook = {
  find: () => ({
    firstSeenMs: DEMO_START_MS - 86_400_000,
    lastSeenMs: DEMO_START_MS,
    peakGrossPct: 5,
    unobservedMs: 0,
  }),
};
const SNAPSHOT = snapshotOf("1-1", rows, DEMO_START_MS, A_DAY);

const QUERY: ArbitrageQuery = {
  legs: NO_FILTER,
  exclude: null,
  longExchanges: null,
  shortExchanges: null,
  sameExchange: "exclude",
  fees: takerFees(feeTable(null), new Map()),
  holdHours: 24,
  notionalUsd: 10_000,
  capitalUsd: 20_000,
  leverage: 1,
  minYieldPct: 0,
  minNetPct: null,
  minNetUsd: null,
  minAgeSeconds: 0,
  maxPriceGapPct: null,
  decisions: ["usable", "watch", "refuse"],
  sort: "net",
  minExchanges: 2,
  paidOnBothSides: false,
  pairs: "all",
};

async function pairsOf(query: Partial<ArbitrageQuery>): Promise<readonly ArbRow[]> {
  const part = { end: Number.POSITIVE_INFINITY };
  const found = atOnce(findPairs(SNAPSHOT, new AssetGroups(), { ...QUERY, ...query }, part));
  return found.slice(0, found.length).map((pair) => arbRow(pair, SNAPSHOT.asOfMs / 1000));
}

/** Whether a leg is paid at all in that time, counted from what is served. */
function isPaidIn({ next_funding_time: next, accrual }: ArbRow["long"], hours: number): boolean {
  return accrual === "continuous" || (next ?? Infinity) <= SNAPSHOT.asOfMs / 1000 + hours * 3600;
}

describe.each([1, 24, 168])(
  "every pair of a market of all exchanges, held for %p h",
  (holdHours) => {
    const all = pairsOf({ holdHours });

    test("is usable only if something is left, per year and of the actual payments", async () => {
      const pairs = await all;
      const losesBy = ({ net_apr_pct: net, expected_cash: cash }: ArbRow) => [
        net !== null && net <= 0 ? "year" : "",
        cash.net_usd !== null && cash.net_usd <= 0 ? "cash" : "",
      ];
      const losing = pairs.filter((pair) => losesBy(pair).join("") !== "");
      // The decision rejects them: there are thousands, for a short time also with a yearly net above 0.
      expect(losing.filter(({ decision }) => decision === "watch").length).toBeGreaterThan(1_000);
      if (holdHours === 1)
        expect(losing.filter((pair) => losesBy(pair).join("") === "cash").length).toBeGreaterThan(
          10,
        );
      expect(losing.filter(({ decision }) => decision === "usable")).toEqual([]);
      const usable = pairs.filter(({ decision }) => decision === "usable");
      if (holdHours === 168) expect(usable.length).toBeGreaterThan(100);
      const listed = await pairsOf({ holdHours, decisions: ["usable"] });
      expect(listed).toEqual(usable);
    });

    test("states that nothing settles in time if and only if no leg does", async () => {
      const known = (await all).filter(
        ({ expected_cash: cash }) => cash.long_usd !== null && cash.short_usd !== null,
      );
      const wrong = known.filter(({ long, short, reasons }) => {
        const isPaid = isPaidIn(long, holdHours) || isPaidIn(short, holdHours);
        return reasons.includes("no_settlement_in_hold") === isPaid;
      });
      expect(known.length).toBeGreaterThan(1_000);
      expect(wrong).toEqual([]);
    });

    test("is ordered by expected cash on request, unknown last", async () => {
      const byCash = await pairsOf({ holdHours, sort: "cash" });
      const cashOf = (pair: ArbRow) => pair.expected_cash.net_usd ?? Number.NEGATIVE_INFINITY;
      const nameOf = ({ long, short }: ArbRow) =>
        [long.exchange, long.exchange_symbol, short.exchange, short.exchange_symbol].join("\n");
      const own = (await all).toSorted((left, right) => {
        const [less, more] = [cashOf(left), cashOf(right)];
        return less === more ? (nameOf(left) < nameOf(right) ? -1 : 1) : more - less;
      });
      expect(byCash.map(nameOf)).toEqual(own.map(nameOf));
    });
  },
);
