import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { AssetGroups } from "../../../services/finder/asset-groups.ts";
import { type MarketRate, marketRates } from "../../../services/finder/market-rate.ts";
import { LISTINGS_THAT_COUNT } from "../../lists/asset-fields.ts";
import { withNames } from "../../lists/resolved-names.ts";
import { columnsOf } from "../../lists/columns.ts";
import { listingQuery } from "../../lists/listing-query.ts";
import { sendList } from "../../lists/paging.ts";
import { cachedList, problems } from "../../openapi/document.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import {
  MarketQuerySchema,
  MarketRateListSchema,
  type MarketRateRow,
  MarketRateSchema,
} from "./schema.ts";

const marketRoute = createRoute({
  method: "get",
  path: "/api/funding/market",
  operationId: "listMarketRates",
  tags: ["Market"],
  summary: "The rate of the whole market, of each class and of each exchange",
  description: `What longs pay shorts on average, weighted by open interest: first over all assets, then per asset class, then per exchange. ${LISTINGS_THAT_COUNT}`,
  request: { query: MarketQuerySchema },
  responses: {
    ...cachedList(MarketRateListSchema, "The market, its classes and its exchanges."),
    ...problems("bad_parameter", "not_ready", "no_data", "busy"),
  },
});

export function addMarketRoutes(
  app: OpenAPIHono<AppEnv>,
  {
    answers,
    groups,
  }: {
    readonly answers: SnapshotAnswers;
    readonly groups: AssetGroups;
  },
): void {
  app.openapi(marketRoute, async (c) => {
    const { params, names } = await withNames(answers, c, c.req.valid("query"));
    const query = listingQuery(params);
    const sent = sendList(answers, c, params, {
      name: "funding-market",
      names,
      select: (snapshot) => marketRates(snapshot, groups, query),
      toRow: marketRow,
      columns: COLUMNS,
    });
    return documented(marketRoute, sent);
  });
}

const COLUMNS = columnsOf(MarketRateSchema);

function marketRow(rate: MarketRate, _fetchedAt: number, ofExchanges: number): MarketRateRow {
  return {
    group: rate.kind,
    asset_class: rate.assetClass,
    exchange: rate.exchange,
    exchanges: rate.exchanges,
    of_exchanges: rate.kind === "exchange" ? 1 : ofExchanges,
    instruments: rate.instruments,
    untrusted_instruments: rate.untrusted,
    open_interest_usd: rate.openInterestUsd.sum,
    open_interest_unknown: rate.openInterestUsd.unknown,
    oi_weighted_annualized_pct: rate.annualizedPct,
    oi_weighted_rate_8h_pct: rate.rate8hPct,
    reason: rate.reason,
  };
}
