import { Gauge, type Registry } from "./prom-client.ts";
import { isBlocked } from "../../domain/flags.ts";
import { annualizedPct, ratePerHourPct } from "../../domain/funding.ts";
import type { BoardRow, Snapshot } from "../../domain/market.ts";
import type { BoardView } from "../../services/board/board-view.ts";
import { baseMatcher } from "../../services/finder/base-filter.ts";

/** An asset has up to four listings on each of some 40 exchanges; an exchange must not create unlimited series. */
const MAX_LISTINGS_OF_A_BASE = 200;

/** The listings of one name: those with a trusted rate, and how many are blocked or exceed the limit. */
interface BaseListings {
  readonly base: string;
  readonly exported: readonly BoardRow[];
  readonly blocked: number;
  readonly leftOut: number;
}

/** Exports the rates of these canonical bases in the newest snapshot. */
export function addRateGauges(
  registry: Registry,
  board: BoardView,
  bases: readonly string[],
): void {
  const registers = [registry];
  // One selection for all gauges of a scrape. Weak: a replaced snapshot must not be retained.
  const selections = new WeakMap<Snapshot, readonly BaseListings[]>();
  const selected = (): readonly BaseListings[] => {
    const snapshot = board.current();
    if (snapshot === null) return [];
    const known = selections.get(snapshot);
    if (known !== undefined) return known;
    const made = listingsOf(bases, snapshot.rows);
    selections.set(snapshot, made);
    return made;
  };
  const rates = (name: string, help: string, valueOf: (row: BoardRow) => number | null): void => {
    new Gauge({
      name,
      help: `${help} Of trusted listings of METRICS_BASES; positive: longs pay shorts.`,
      labelNames: ["exchange", "exchange_symbol", "symbol", "asset_id"],
      registers,
      collect() {
        this.reset();
        for (const row of selected().flatMap(({ exported }) => exported)) {
          const value = valueOf(row);
          if (value !== null) this.set(labelsOf(row), value);
        }
      },
    });
  };
  rates(
    "funding_rate_per_hour_percent",
    "The live funding rate, percent of notional per hour.",
    ({ record: { fundingRate, fundingIntervalHours: hours } }) =>
      hours === null ? null : ratePerHourPct(fundingRate, hours),
  );
  rates(
    "funding_rate_annualized_percent",
    "The live funding rate, percent per year, simple.",
    ({ record }) => annualizedPct(record.fundingRate, record.fundingIntervalHours),
  );
  new Gauge({
    name: "funding_rate_listings",
    help: `Listings of each name in METRICS_BASES: exported, blocked by a flag, left_out beyond ${MAX_LISTINGS_OF_A_BASE}; all 0 if no exchange lists that name.`,
    labelNames: ["base", "state"],
    registers,
    collect() {
      this.reset();
      for (const { base, exported, blocked, leftOut } of selected()) {
        this.set({ base, state: "exported" }, exported.length);
        this.set({ base, state: "blocked" }, blocked);
        this.set({ base, state: "left_out" }, leftOut);
      }
    },
  });
}

/** An asset that no price has identified yet has no label: Prometheus drops empty ones. */
function labelsOf({ record: { exchange, exchangeSymbol, base, quote, assetId } }: BoardRow) {
  return {
    exchange,
    exchange_symbol: exchangeSymbol,
    symbol: base + quote,
    asset_id: assetId ?? "",
  };
}

function listingsOf(bases: readonly string[], rows: readonly BoardRow[]): readonly BaseListings[] {
  // All names at once first: the whole market is walked once, not for each name.
  const isOfAny = baseMatcher(bases);
  const ofAny = rows.filter(({ record }) => isOfAny(record));
  return bases.map((base) => {
    const isOfIt = baseMatcher([base]);
    const found = ofAny.filter(({ record }) => isOfIt(record));
    const trusted = found.filter(({ flags }) => !isBlocked(flags));
    const exported = trusted.slice(0, MAX_LISTINGS_OF_A_BASE);
    return {
      base,
      exported,
      blocked: found.length - trusted.length,
      leftOut: trusted.length - exported.length,
    };
  });
}
