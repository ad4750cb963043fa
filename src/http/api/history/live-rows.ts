import { annualizedPct, fractionToPct, premiumPct, rate8hPct } from "../../../domain/funding.ts";
import { flatRows } from "../../../lib/flat-table.ts";
import type { LiveBucketRow, LivePage, LivePointRow } from "../../../services/history/live-page.ts";
import { knownSeconds, secondsOf } from "../../lists/row-fields.ts";
import type { LiveBucketItem, LivePointItem } from "./live-schema.ts";
import type { LiveSeriesItem } from "./schema.ts";
import { type AssetIds, coveredPart, instrumentOf, seriesPart } from "./series-part.ts";

/** Makes the samples of a page, by index. */
export function liveRowsOf(
  { series, rows }: LivePage<LivePointRow>,
  assetIds: AssetIds,
): (index: number) => LivePointItem {
  const instruments = series.map((one) => instrumentOf(one, assetIds));
  const rowAt = flatRows(rows);
  return (index) => {
    const row = rowAt(index);
    return {
      ...instrumentAt(instruments, row.series),
      sampled_at: secondsOf(row.atMs),
      funding_rate: row.rate,
      funding_rate_pct: fractionToPct(row.rate),
      funding_interval_hours: row.intervalHours,
      annualized_pct: annualizedPct(row.rate, row.intervalHours),
      rate_8h_pct: rate8hPct(row.rate, row.intervalHours),
      next_funding_time: knownSeconds(row.nextFundingAtMs),
      mark_price: row.markPrice,
      index_price: row.indexPrice,
      premium_pct: premiumPct(row.markPrice, row.indexPrice),
      open_interest_usd: row.openInterestUsd,
      volume_24h_usd: row.volume24hUsd,
    };
  };
}

/** Makes the buckets of a page, by index. */
export function liveBucketsOf(
  { series, rows }: LivePage<LiveBucketRow>,
  assetIds: AssetIds,
): (index: number) => LiveBucketItem {
  const instruments = series.map((one) => instrumentOf(one, assetIds));
  const rowAt = flatRows(rows);
  return (index) => {
    const { series: place, fromMs, intervalHours, ...bucket } = rowAt(index);
    return {
      ...instrumentAt(instruments, place),
      start_at: secondsOf(fromMs),
      samples: bucket.samples,
      open: bucket.open,
      high: bucket.high,
      low: bucket.low,
      close: bucket.close,
      funding_interval_hours: intervalHours,
    };
  };
}

/** The envelope's members about the page. */
export function liveHead(
  { series, covered, unreadable }: Pick<LivePage<unknown>, "series" | "covered" | "unreadable">,
  assetIds: AssetIds,
) {
  return {
    kind: "live" as const,
    line: null,
    ...coveredPart(covered),
    unreadable_periods: unreadable,
    series: series.map((one): LiveSeriesItem => ({
      ...seriesPart(one, assetIds),
      samples_from_at: knownSeconds(one.samplesFromMs),
    })),
  };
}

function instrumentAt<Instrument>(instruments: readonly Instrument[], place: number): Instrument {
  const instrument = instruments[place];
  if (instrument === undefined) throw new Error("assertion failed: a point without a series");
  return instrument;
}
