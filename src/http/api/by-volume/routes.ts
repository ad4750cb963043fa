import { flagNames } from "../../../domain/flags.ts";
import { withNames } from "../../lists/resolved-names.ts";
import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { AssetGroups } from "../../../services/finder/asset-groups.ts";
import { rankByVolume, type VolumeRank } from "../../../services/finder/volume-ranking.ts";
import { assetPart, LISTINGS_THAT_COUNT } from "../../lists/asset-fields.ts";
import { listingQuery } from "../../lists/listing-query.ts";
import { columnsOf } from "../../lists/columns.ts";
import { cachedList, problems } from "../../openapi/document.ts";
import { sendList } from "../../lists/paging.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import {
  VolumeRankListSchema,
  VolumeRankQuerySchema,
  type VolumeRankRow,
  VolumeRankSchema,
} from "./schema.ts";

const byVolumeRoute = createRoute({
  method: "get",
  path: "/api/funding/by_volume",
  operationId: "listAssetsByVolume",
  tags: ["Assets"],
  summary: "Assets by the volume of their perpetuals",
  description: `Assets by total volume across all exchanges, the most traded first, with the lowest and the highest rate of each. Assets of unknown volume come last; ties are ordered by asset_id. ${LISTINGS_THAT_COUNT}`,
  request: { query: VolumeRankQuerySchema },
  responses: {
    ...cachedList(VolumeRankListSchema, "The ranked assets, possibly none."),
    ...problems("bad_parameter", "bad_cursor", "cursor_expired", "not_ready", "no_data", "busy"),
  },
});

export function addVolumeRoutes(
  app: OpenAPIHono<AppEnv>,
  {
    answers,
    groups,
  }: {
    readonly answers: SnapshotAnswers;
    readonly groups: AssetGroups;
  },
): void {
  app.openapi(byVolumeRoute, async (c) => {
    const { params, names } = await withNames(answers, c, c.req.valid("query"));
    const query = listingQuery(params);
    const sent = sendList(answers, c, params, {
      name: "funding-by-volume",

      names,
      select: (snapshot) => rankByVolume(snapshot, groups, query),
      toRow: volumeRankRow,
      columns: COLUMNS,
    });
    return documented(byVolumeRoute, sent);
  });
}

const COLUMNS = columnsOf(VolumeRankSchema);

function volumeRankRow(ranked: VolumeRank, _fetchedAt: number, ofExchanges: number): VolumeRankRow {
  const { lowest, highest, top } = ranked;
  return {
    rank: ranked.rank,
    ...assetPart(ranked.asset, ofExchanges),
    volume_weighted_annualized_pct: ranked.volumeWeightedPct,
    lowest_exchange: lowest.row.record.exchange,
    lowest_exchange_symbol: lowest.row.record.exchangeSymbol,
    lowest_annualized_pct: lowest.annualizedPct,
    lowest_flags: [...flagNames(lowest.flags)],
    highest_exchange: highest.row.record.exchange,
    highest_exchange_symbol: highest.row.record.exchangeSymbol,
    highest_annualized_pct: highest.annualizedPct,
    highest_flags: [...flagNames(highest.flags)],
    top_exchange: top?.exchange ?? null,
    top_exchange_share: top?.share ?? null,
  };
}
