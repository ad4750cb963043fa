import { describe, expect, test } from "bun:test";
import type { ListingState } from "../../src/simulator/listing.ts";
import type { MarketView, WireList, WireRequest, WireRow } from "../../src/simulator/wire.ts";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import type { Batch } from "../../src/domain/quote.ts";
import { type Mutation, MutatedMarket, refreshOver } from "../support/mutated-market.ts";
import { inPages, PAGED } from "../support/paged-lists.ts";
import { wrongNumbers } from "../support/wrong-numbers.ts";

const MORNING_MS = Date.UTC(2026, 10, 2, 8, 17);

/** Enough for every kind of contract that an exchange lists; more only take longer. */
const SMALL_PART = 0.1;

/** One contract in this many is closed. */
const CLOSED_EVERY = 5;

/** The ways in which a contract is listed but must not be shown. */
const CLOSED: readonly ListingState[] = ["settling", "halted", "pre_market", "pending"];

/** Payloads whose rows are the values of an object contain a name once. */
const BY_NAME = /perpetualMarkets/;

/** The rows of a list while some contracts are closed; unchanged if those leave the list. */
function closedRows(state: ListingState, list: WireList, view: MarketView): readonly WireRow[] {
  const listings = view.listings.map((listing, nth) =>
    nth % CLOSED_EVERY === 0 && listing.state === "live" ? { ...listing, state } : listing,
  );
  const live = list.rows(view);
  const rows = list.rows({ ...view, listings });
  return rows.length === live.length ? rows : live;
}

/** Rows that a list contains a second time, as closed. */
function closedTwins(state: ListingState, list: WireList, view: MarketView): readonly WireRow[] {
  const live = list.rows(view).map((row) => JSON.stringify(row));
  return closedRows(state, list, view).filter((row, nth) => JSON.stringify(row) !== live[nth]);
}

type Join = (
  closed: readonly WireRow[],
  live: readonly WireRow[],
  request: WireRequest,
) => readonly WireRow[];

const JOINS: readonly Join[] = [
  (closed, live) => [...closed, ...live],
  (closed, live) => [...live, ...closed],
];

function withTwins(state: ListingState, join: Join): Mutation {
  return {
    rows: (live, list, request, view) =>
      BY_NAME.test(request.path) ? live : join(closedTwins(state, list, view), live, request),
  };
}

const marketOf = (): MutatedMarket =>
  new MutatedMarket({ nowMs: () => MORNING_MS, scale: SMALL_PART });

/** Symbols that are not shown while their rows say that they are closed. */
async function closedAs(state: ListingState, id: ExchangeId): Promise<readonly string[]> {
  const market = marketOf();
  market.mutate({
    rows: (live, list, { path }, view) =>
      BY_NAME.test(path) ? live : closedRows(state, list, view),
  });
  const open = shownBy(await refreshOver(market, id));
  return market
    .truth(id)
    .instruments.map((row) => row.exchange_symbol)
    .filter((symbol) => !open.has(symbol));
}

const shownBy = ({ quotes }: Batch): ReadonlySet<string> =>
  new Set(quotes.map((quote) => quote.exchangeSymbol));

function expectUnshown(batch: Batch, closed: readonly string[], id: ExchangeId): void {
  expect(wrongNumbers(batch, marketOf().truth(id).instruments)).toEqual([]);
  const shown = shownBy(batch);
  expect(closed.filter((symbol) => shown.has(symbol))).toEqual([]);
  expect(shown.size).toBeGreaterThan(0);
  const reasons = new Set(batch.rejects.map(({ reason }) => reason));
  expect([...reasons].filter((reason) => reason !== "ambiguous")).toEqual([]);
  if (closed.length > 0) expect(batch.rejects.length).toBeGreaterThanOrEqual(closed.length);
}

describe.each(EXCHANGE_IDS)("%s, a contract that one reply lists twice", (id) => {
  test.each(CLOSED)("once as %s, first or last: it is not shown, and counted", async (state) => {
    const closed = await closedAs(state, id);
    const market = marketOf();
    for (const join of JOINS) {
      market.mutate(withTwins(state, join));
      expectUnshown(await refreshOver(market, id), closed, id);
    }
  });
});

/** Their lists lose closed contracts, or are objects with the names as keys. */
const CLOSED_LEAVE: readonly ExchangeId[] = [
  "whitebit",
  "lbank",
  "weex",
  "bitfinex",
  "dydx",
  "pacifica",
  "grvt",
];

test("closed contracts stay listed on all but a few exchanges", async () => {
  const without: ExchangeId[] = [];
  for (const id of EXCHANGE_IDS) {
    const closed = await Promise.all(CLOSED.map((state) => closedAs(state, id)));
    if (closed.every((symbols) => symbols.length === 0)) without.push(id);
  }
  expect(without.toSorted()).toEqual(CLOSED_LEAVE.toSorted());
});

/** Phemex only has pages of rates, which do not say whether a contract is closed. */
const LISTED_IN_PAGES = PAGED.filter(([id]) => id !== "phemex");

describe.each(LISTED_IN_PAGES)("%s, a contract that two pages list", (id, paged) => {
  test.each(CLOSED)("once as %s, first or last: it is not shown, and counted", async (state) => {
    const closed = await closedAs(state, id);
    for (const join of [
      (twins: readonly WireRow[], live: readonly WireRow[]) => [twins, live],
      (twins: readonly WireRow[], live: readonly WireRow[]) => [live, twins],
    ]) {
      const market = marketOf();
      let twins: readonly WireRow[] = [];
      const twinsOf = new Map<string | null, readonly WireRow[]>();
      let found = 0;
      const pages = inPages(paged, (live) => join(twins, live).filter((page) => page.length > 0));
      market.mutate({
        ...pages,
        rows: (live, list, request, view) => {
          if (request.path === paged.path) {
            // The other pages are made of the rows of the first one.
            if (paged.pageOf(request) === 1)
              twinsOf.set(request.host, closedTwins(state, list, view));
            twins = twinsOf.get(request.host) ?? [];
            found += twins.length;
          }
          return pages.rows?.(live, list, request, view) ?? live;
        },
      });
      expectUnshown(await refreshOver(market, id), found > 0 ? closed : [], id);
    }
  });
});
