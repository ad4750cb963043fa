import type { PointsQuery } from "../../../services/history/history-query.ts";
import type { HistoryReader } from "../../../services/history/history-reader.ts";
import type { LineQuery } from "../../../services/history/line-page.ts";
import type { BucketResolution } from "../../../services/history/series.ts";
import type { SettledPage } from "../../../services/history/settled-page.ts";
import { askPast } from "../../lists/past.ts";
import { liveBucketsOf, liveHead, liveRowsOf } from "./live-rows.ts";
import { lineHead, linePointsOf, severalAssets } from "./line-rows.ts";
import { bucketsOf, pageHead, rowsOf } from "./rows.ts";
import type { AssetIds } from "./series-part.ts";

/** The envelope's members about a page. */
export type PageHead =
  ReturnType<typeof pageHead> | ReturnType<typeof liveHead> | ReturnType<typeof lineHead>;

/** A page that was read for one request. */
export interface ReadPage<Row, Head extends PageHead> {
  readonly found: Pick<SettledPage, "count" | "total" | "next">;
  readonly head: Head;
  readonly row: (index: number) => Row;
}

/** What can be read for a request. All of it throws the 503 problems `busy` and `history_unavailable`. */
export function readings(history: HistoryReader, request: Request) {
  return {
    payments: async (query: PointsQuery, assetIds: AssetIds) => {
      const found = await askPast(history, "settled", query, request);
      return { found, head: pageHead(found, assetIds), row: rowsOf(found, assetIds) };
    },
    settledBuckets:
      (resolution: BucketResolution) => async (query: PointsQuery, assetIds: AssetIds) => {
        const found = await askPast(history, "buckets", { ...query, resolution }, request);
        return { found, head: pageHead(found, assetIds), row: bucketsOf(found, assetIds) };
      },
    samples: async (query: PointsQuery, assetIds: AssetIds) => {
      const found = await askPast(history, "live", query, request);
      return { found, head: liveHead(found, assetIds), row: liveRowsOf(found, assetIds) };
    },
    liveBuckets:
      (resolution: BucketResolution) => async (query: PointsQuery, assetIds: AssetIds) => {
        const found = await askPast(history, "liveBuckets", { ...query, resolution }, request);
        return { found, head: liveHead(found, assetIds), row: liveBucketsOf(found, assetIds) };
      },
    /** Throws the problem for a name of several assets, too. */
    line:
      (part: Pick<LineQuery, "kind" | "resolution" | "weighting" | "asked">) =>
      async (query: PointsQuery, assetIds: AssetIds) => {
        const found = await askPast(history, "line", { ...query, ...part }, request);
        if (found.found === "several") throw severalAssets(part.asked, found.assetIds);
        const head = lineHead(found, part.weighting, assetIds);
        return { found, head, row: linePointsOf(found, part.weighting) };
      },
  };
}
