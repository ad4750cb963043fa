import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { findAssets, type FoundAsset } from "../../../services/finder/asset-search.ts";
import { withNames } from "../../lists/resolved-names.ts";
import { columnsOf } from "../../lists/columns.ts";
import { listingQuery } from "../../lists/listing-query.ts";
import { sendList } from "../../lists/paging.ts";
import { cachedList, problems } from "../../openapi/document.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import { AssetListSchema, AssetQuerySchema, type AssetRow, AssetSchema } from "./schema.ts";

const assetsRoute = createRoute({
  method: "get",
  path: "/api/assets",
  operationId: "listAssets",
  tags: ["Assets"],
  summary: "Assets, searchable by any of their names",
  description:
    "Every listed asset once: its id, names, class and price, where it is listed, and which other assets share its name. Listings whose asset no price has identified belong to no asset; those flagged `identity_conflict` belong to the one named by their `asset_id`. Exact matches of the name come first, then the assets with most listings; ties are ordered by asset_id.",
  request: { query: AssetQuerySchema },
  responses: {
    ...cachedList(AssetListSchema, "The matching assets, possibly none."),
    ...problems("bad_parameter", "bad_cursor", "cursor_expired", "not_ready", "no_data", "busy"),
  },
});

export function addAssetRoutes(
  app: OpenAPIHono<AppEnv>,
  { answers }: { readonly answers: SnapshotAnswers },
): void {
  app.openapi(assetsRoute, async (c) => {
    const { params, names } = await withNames(answers, c, c.req.valid("query"));
    const query = { listings: listingQuery(params), text: params.q };
    const sent = sendList(answers, c, params, {
      name: "assets",
      names,
      select: (snapshot) => findAssets(snapshot, query),
      toRow: assetRow,
      columns: COLUMNS,
    });
    return documented(assetsRoute, sent);
  });
}

const COLUMNS = columnsOf(AssetSchema);

function assetRow(asset: FoundAsset): AssetRow {
  return {
    asset_id: asset.assetId,
    base: asset.base,
    tickers: [...asset.tickers],
    aliases: [...asset.aliases],
    asset_class: asset.assetClass,
    unit_price: asset.price,
    instruments: asset.instruments,
    exchanges: asset.exchanges.length,
    listed_on: [...asset.exchanges],
    twins: { ...asset.twins },
  };
}
