import type { ExchangeId } from "../../domain/exchange.ts";
import { roundKnownPct, roundPct } from "../../domain/percent.ts";
import type { BoardRow, MarketRecord, Snapshot } from "../../domain/market.ts";
import { ASSET_CLASSES, type AssetClass } from "../../domain/quote.ts";
import { type KnownSum, MIN_EXCHANGES, WeightedMean } from "../../domain/statistics.ts";
import { type Stepwise, visitEach } from "../../lib/stepwise.ts";
import type { AssetGroups } from "./asset-groups.ts";
import { type FundingQuery, rowMatcher } from "./funding-query.ts";

/** How listings are grouped: all together, by class, or by exchange. */
export const MARKET_GROUPS = ["market", "asset_class", "exchange"] as const;
export type MarketGroupKind = (typeof MARKET_GROUPS)[number];

/** Why there is no figure. */
export const MARKET_REASONS = [
  "too_few_exchanges",
  "open_interest_unknown",
  "no_trusted_instrument",
] as const;
export type MarketReason = (typeof MARKET_REASONS)[number];

/** The rate of a group of listings, weighted by open interest. */
export interface MarketRate {
  readonly kind: MarketGroupKind;
  /** For a class: which one, null if no exchange states any; null for other groups. */
  readonly assetClass: AssetClass | null;
  readonly exchange: ExchangeId | null;
  /** Trusted listings that match. */
  readonly instruments: number;
  /** Matching listings that are excluded: blocked, or of unknown identity. */
  readonly untrusted: number;
  /** The number of exchanges of the trusted ones. */
  readonly exchanges: number;
  readonly openInterestUsd: KnownSum;
  /** Percent per year, simple; null together with a `reason`. */
  readonly annualizedPct: number | null;
  /** The same as percent of notional per 8 hours. */
  readonly rate8hPct: number | null;
  readonly reason: MarketReason | null;
}

/** Periods of 8 hours, the unit in which traders compare rates, in a year of 365 days. */
const EIGHT_HOURS_A_YEAR = 1_095;

type Key = Pick<MarketRate, "kind" | "assetClass" | "exchange">;

/** Running totals of a group. */
interface Group extends Key {
  instruments: number;
  untrusted: number;
  readonly exchanges: Set<ExchangeId>;
  /** Those with an open interest above 0. */
  readonly weighing: Set<ExchangeId>;
  openInterestUsd: number;
  openInterestUnknown: number;
  /** Of the annual rates, weighted by open interest. */
  readonly mean: WeightedMean;
}

/**
 * The market, then its classes in the order of ASSET_CLASSES (unknown last), then its exchanges by id: all groups with
 * a listing that passes `query`, whose order is ignored. The market and its classes need three exchanges for a figure;
 * a single exchange does not.
 */
export function* marketRates(
  snapshot: Snapshot,
  groups: AssetGroups,
  query: FundingQuery,
): Stepwise<readonly MarketRate[]> {
  const matches = rowMatcher(query);
  const market = newGroup("market");
  const classes = new Map<AssetClass | null, Group>();
  const exchanges = new Map<ExchangeId, Group>();
  const groupsOf = ({ record: { assetClass, exchange } }: BoardRow): readonly Group[] => [
    market,
    classes.getOrInsertComputed(assetClass, () => newGroup("asset_class", { assetClass })),
    exchanges.getOrInsertComputed(exchange, () => newGroup("exchange", { exchange })),
  ];
  yield* visitEach(groups.of(snapshot), ({ trusted, refused }) => {
    for (const { row, annualizedPct } of trusted) {
      // A trusted row has an interval and hence an annual rate.
      if (annualizedPct === null || !matches(row)) continue;
      for (const group of groupsOf(row)) add(group, row.record, annualizedPct);
    }
    for (const { row } of refused)
      if (matches(row)) for (const group of groupsOf(row)) group.untrusted += 1;
  });
  const ofClasses = [...ASSET_CLASSES, null].flatMap((name) => classes.get(name) ?? []);
  const ofExchanges = [...exchanges].toSorted(([left], [right]) => (left < right ? -1 : 1));
  if (ofExchanges.length === 0) return [];
  return [market, ...ofClasses, ...ofExchanges.map(([, group]) => group)].map(rateOf);
}

function newGroup(kind: MarketGroupKind, of: Partial<Key> = {}): Group {
  return {
    kind,
    assetClass: null,
    exchange: null,
    ...of,
    instruments: 0,
    untrusted: 0,
    exchanges: new Set(),
    weighing: new Set(),
    openInterestUsd: 0,
    openInterestUnknown: 0,
    mean: new WeightedMean(),
  };
}

function add(group: Group, { exchange, openInterestUsd }: MarketRecord, annualPct: number): void {
  group.instruments += 1;
  group.exchanges.add(exchange);
  if (openInterestUsd === null) {
    group.openInterestUnknown += 1;
    return;
  }
  if (openInterestUsd > 0) group.weighing.add(exchange);
  group.openInterestUsd += openInterestUsd;
  group.mean.add(annualPct, openInterestUsd);
}

function rateOf(group: Group): MarketRate {
  const { kind, assetClass, exchange, instruments, untrusted, openInterestUnknown } = group;
  const exchanges = group.exchanges.size;
  const annualizedPct = annualPctOf(group);
  return {
    kind,
    assetClass,
    exchange,
    instruments,
    untrusted,
    exchanges,
    openInterestUsd: {
      sum: openInterestUnknown < instruments ? group.openInterestUsd : null,
      unknown: openInterestUnknown,
    },
    annualizedPct,
    rate8hPct: annualizedPct === null ? null : roundPct(annualizedPct / EIGHT_HOURS_A_YEAR),
    reason: annualizedPct === null ? reasonOf(kind, exchanges) : null,
  };
}

/** The mean weighted by open interest; null without any, or if too few exchanges report one. */
function annualPctOf({ kind, weighing, mean }: Group): number | null {
  const isEnough = kind === "exchange" || weighing.size >= MIN_EXCHANGES;
  return isEnough ? roundKnownPct(mean.value) : null;
}

function reasonOf(kind: MarketGroupKind, exchanges: number): MarketReason {
  if (exchanges === 0) return "no_trusted_instrument";
  return kind !== "exchange" && exchanges < MIN_EXCHANGES
    ? "too_few_exchanges"
    : "open_interest_unknown";
}
