import type { FlatSpec, FlatTable } from "../../lib/flat-table.ts";
import type { LivePage, LiveSeries } from "./live-page.ts";
import type { PointsQuery } from "./history-query.ts";
import type { BucketResolution, SeriesKind, Weighting } from "./series.ts";
import type { PageSeries } from "./settled-page.ts";
import type { LinePoint } from "./weighted-line.ts";

/** One page of a line over all instruments of an asset that pass the filter. */
export interface LineQuery extends PointsQuery {
  readonly kind: SeriesKind;
  readonly resolution: BucketResolution;
  readonly weighting: Weighting;
  /** The name that was asked for: decides if instruments of several assets share it. */
  readonly asked: string;
}

export const LINE_COLUMNS = {
  fromMs: "integer",
  ratePerHourPct: "number",
  reason: "text",
  instruments: "integer",
  exchanges: "integer",
  weightUsd: "number",
  withoutWeight: "integer",
} as const satisfies FlatSpec<LinePoint>;

/** Why a point has no rate. */
export const LINE_REASONS = [
  "not_charged_yet",
  "no_rates",
  "too_few_exchanges",
  "open_interest_unknown",
  "volume_unknown",
] as const;

/** Whose line it is. */
export interface LineAsset {
  /** Null: prices have identified none of the instruments. */
  readonly assetId: string | null;
  /** How many instruments are left out because prices have not identified them as this asset. */
  readonly leftOut: number;
}

/** A point for each length of time from the first one that anything is known of. */
export type LinePage = Pick<
  LivePage<unknown>,
  "count" | "total" | "unreadable" | "covered" | "next"
> &
  LineAsset & {
    readonly rows: FlatTable<LinePoint>;
    /** The instruments of the line, with the number of points in which each took part. */
    readonly series:
      | { readonly kind: "settled"; readonly of: readonly PageSeries[] }
      | { readonly kind: "live"; readonly of: readonly LiveSeries[] };
  };

/** The answer if the name is that of several assets, none of which is called exactly so. */
export interface SeveralAssets {
  readonly assetIds: readonly string[];
}

export type LineAnswer =
  ({ readonly found: "line" } & LinePage) | ({ readonly found: "several" } & SeveralAssets);
