import type { ExchangeId } from "../../domain/exchange.ts";
import type { Snapshot } from "../../domain/market.ts";
import type { AssetClass } from "../../domain/quote.ts";
import type { Stepwise } from "../../lib/stepwise.ts";
import type { SeriesFilter } from "../../services/history/series-filter.ts";
import { pastNames } from "./past-names.ts";

/** Filters of series as parameters; lists have some of them. */
interface SeriesParams {
  readonly exchange: readonly ExchangeId[] | null;
  readonly base?: readonly string[] | null;
  readonly asset_id?: readonly string[] | null;
  readonly quote?: readonly string[] | null;
  readonly asset_class?: readonly AssetClass[] | null;
}

/** What a question about the past needs to know of a snapshot. */
export interface PastFilter {
  readonly filter: SeriesFilter;
  /** The asset ids of current listings among the series, by uid. */
  readonly assetIds: ReadonlyMap<string, string | null>;
}

/** The filter of the parameters; `base` has resolved names. */
export function* pastFilter(snapshot: Snapshot, params: SeriesParams): Stepwise<PastFilter> {
  const { base = null, asset_id: assets = null, quote = null } = params;
  const { names, assetIds } = yield* pastNames(snapshot, base, assets);
  const filter = {
    names,
    exchanges: params.exchange,
    quotes: quote,
    assetClasses: params.asset_class ?? null,
  };
  return { filter, assetIds };
}
