import { aliasesOf, commonName, nameOfAsset } from "../../domain/asset-names.ts";
import type { ExchangeId } from "../../domain/exchange.ts";
import { flagBit, isBlocked } from "../../domain/flags.ts";
import type { BoardRow, MarketRecord, Snapshot } from "../../domain/market.ts";
import { unitPriceOf } from "../../domain/leg.ts";
import { median } from "../../domain/median.ts";
import type { AssetClass } from "../../domain/quote.ts";
import { sortStepwise } from "../../lib/sort-in-parts.ts";
import { type Stepwise, visitEach } from "../../lib/stepwise.ts";
import { type FundingQuery, rowMatcher } from "./funding-query.ts";

export interface AssetQuery {
  /** Which listings to include; its order is ignored. */
  readonly listings: FundingQuery;
  /** Part of one of the asset's names, in upper case; null: all assets. */
  readonly text: string | null;
}

/** What the listings of one asset say about it. */
export interface FoundAsset {
  readonly assetId: string;
  readonly base: string;
  /** The tickers of its listings, sorted. */
  readonly tickers: readonly string[];
  /** Other names by which it is found. */
  readonly aliases: readonly string[];
  readonly assetClass: AssetClass | null;
  /** Median price of one unit over its listings; null if none has a price. */
  readonly price: number | null;
  readonly instruments: number;
  readonly exchanges: readonly ExchangeId[];
  /** Median prices of other assets with the same name or ticker, by their ids. */
  readonly twins: Readonly<Record<string, number | null>>;
}

/**
 * The assets with a passing listing and a name that contains `text`: an id, ticker, alias or symbol. Exact matches come
 * first, then the assets with the most listings; ties are sorted by id.
 */
export function* findAssets(
  snapshot: Snapshot,
  { listings, text }: AssetQuery,
): Stepwise<readonly FoundAsset[]> {
  const matches = rowMatcher(listings);
  const all = yield* byAsset(snapshot.rows);
  const prices = new Map<string, number | null>();
  yield* visitEach(all, ([id, rows]) => prices.set(id, priceOf(rows)));
  const twins = yield* idsByTicker(all);
  const wanted = text ?? "";
  const found: { readonly asset: FoundAsset; readonly isExact: boolean }[] = [];
  yield* visitEach(all, ([assetId, rows]) => {
    const counted = rows.filter(matches);
    if (counted.length === 0) return;
    const names = namesOf(assetId, rows);
    if (!names.some((name) => name.includes(wanted)) && !hasSymbol(rows, wanted)) return;
    const asset = assetOf(assetId, counted, {
      price: prices.get(assetId) ?? null,
      twins: twinsOf(assetId, rows, twins, prices),
    });
    found.push({ asset, isExact: names.includes(wanted) });
  });
  const sorted = yield* sortStepwise(
    found,
    (left, right) =>
      Number(right.isExact) - Number(left.isExact) ||
      right.asset.instruments - left.asset.instruments ||
      (left.asset.assetId < right.asset.assetId ? -1 : 1),
  );
  return sorted.map(({ asset }) => asset);
}

/** Listings by the asset that prices have confirmed, or at least not contradicted. */
function* byAsset(rows: readonly BoardRow[]): Stepwise<ReadonlyMap<string, BoardRow[]>> {
  const assets = new Map<string, BoardRow[]>();
  yield* visitEach(rows, (row) => {
    const { assetId } = row.record;
    if (assetId === null) return;
    const known = assets.get(assetId);
    if (known === undefined) assets.set(assetId, [row]);
    else known.push(row);
  });
  return assets;
}

function assetOf(
  assetId: string,
  rows: readonly BoardRow[],
  of: Pick<FoundAsset, "price" | "twins">,
): FoundAsset {
  const base = nameOfAsset(assetId);
  return {
    assetId,
    base,
    tickers: distinct(rows, ({ base: ticker }) => ticker),
    aliases: aliasesOf(base),
    assetClass: rows.find(({ record }) => record.assetClass !== null)?.record.assetClass ?? null,
    ...of,
    instruments: rows.length,
    exchanges: distinct(rows, ({ exchange }) => exchange),
  };
}

/** The asset's own names without quote currencies, in upper case. */
function namesOf(assetId: string, rows: readonly BoardRow[]): readonly string[] {
  const base = nameOfAsset(assetId);
  return [assetId, base, ...aliasesOf(base), ...distinct(rows, ({ base: ticker }) => ticker)];
}

function hasSymbol(rows: readonly BoardRow[], wanted: string): boolean {
  return rows.some(
    ({ record: { base, quote, exchangeSymbol } }) =>
      (base + quote).includes(wanted) || exchangeSymbol.toUpperCase().includes(wanted),
  );
}

/** Blocks comparisons, not prices: its price is what distinguishes such a listing from its ticker's asset. */
const CONFLICT = flagBit("identity_conflict");

/** The median, of listings without a blocking flag other than that. */
function priceOf(rows: readonly BoardRow[]): number | null {
  const prices = rows.flatMap(({ record, flags }) => {
    const { unitPrice } = unitPriceOf(record);
    return unitPrice === null || isBlocked(flags & ~CONFLICT) ? [] : [unitPrice];
  });
  return median(prices);
}

/** Asset ids by the names that may refer to them: their own names and the tickers of their listings. */
function* idsByTicker(
  all: ReadonlyMap<string, readonly BoardRow[]>,
): Stepwise<ReadonlyMap<string, ReadonlySet<string>>> {
  const ids = new Map<string, Set<string>>();
  yield* visitEach(all, ([assetId, rows]) => {
    for (const name of tickersOf(assetId, rows)) {
      const known = ids.get(name);
      if (known === undefined) ids.set(name, new Set([assetId]));
      else known.add(assetId);
    }
  });
  return ids;
}

function tickersOf(assetId: string, rows: readonly BoardRow[]): ReadonlySet<string> {
  const names = rows.flatMap(({ record: { base } }) => [base, commonName(base)]);
  return new Set([nameOfAsset(assetId), ...names]);
}

function twinsOf(
  assetId: string,
  rows: readonly BoardRow[],
  ids: ReadonlyMap<string, ReadonlySet<string>>,
  prices: ReadonlyMap<string, number | null>,
): FoundAsset["twins"] {
  const others = new Set(
    [...tickersOf(assetId, rows)].flatMap((name) => [...(ids.get(name) ?? [])]),
  );
  others.delete(assetId);
  return Object.fromEntries([...others].toSorted().map((id) => [id, prices.get(id) ?? null]));
}

function distinct<Value extends string>(
  rows: readonly BoardRow[],
  valueOf: (record: MarketRecord) => Value,
): readonly Value[] {
  return [...new Set(rows.map(({ record }) => valueOf(record)))].toSorted();
}
