import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { withNames } from "../../lists/resolved-names.ts";
import type { AssetGroups } from "../../../services/finder/asset-groups.ts";
import {
  findSentiments,
  type Sentiment,
  sentimentOrder,
  type SentimentQuery,
} from "../../../services/finder/sentiment.ts";
import { assetPart, LISTINGS_THAT_COUNT, TOO_FEW } from "../../lists/asset-fields.ts";
import { listingQuery } from "../../lists/listing-query.ts";
import { columnsOf } from "../../lists/columns.ts";
import { cachedList, problems } from "../../openapi/document.ts";
import { sendList } from "../../lists/paging.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import { ASKED_AT_PROBLEMS, type PastSnapshots } from "../../lists/past-snapshots.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import {
  SentimentListSchema,
  SentimentQuerySchema,
  type SentimentRow,
  SentimentSchema,
} from "./schema.ts";

const sentimentRoute = createRoute({
  method: "get",
  path: "/api/funding/sentiment",
  operationId: "listSentiment",
  tags: ["Market"],
  summary: "Sentiment: which side pays, per asset across all exchanges",
  description: `Mean, median and weighted rates of each asset, the share of positive rates, and a label. With ${TOO_FEW} all of these are null and \`reason\` says so. ${LISTINGS_THAT_COUNT}`,
  request: { query: SentimentQuerySchema },
  responses: {
    ...cachedList(SentimentListSchema, "The matching assets, possibly none."),
    ...problems(...ASKED_AT_PROBLEMS),
  },
});

export function addSentimentRoutes(
  app: OpenAPIHono<AppEnv>,
  {
    answers,
    groups: live,
    past,
  }: {
    readonly answers: SnapshotAnswers;
    readonly groups: AssetGroups;
    readonly past: PastSnapshots;
  },
): void {
  app.openapi(sentimentRoute, async (c) => {
    const valid = c.req.valid("query");
    const asked = await past.byAsset({ req: c.req, env: c.env }, valid);
    const groups = asked.groups ?? live;
    const { params, names } = await withNames(answers, asked, valid);
    const sort = params.sort;
    const query: SentimentQuery = {
      listings: listingQuery(params),
      minExchanges: params.min_exchanges,
      labels: params.label,
      sort,
      order: params.order ?? sentimentOrder(sort),
    };
    const sent = sendList(
      answers,
      asked,
      { ...params, order: query.order },
      {
        name: "funding-sentiment",

        names,
        select: (snapshot) => findSentiments(snapshot, groups, query),
        toRow: sentimentRow,
        columns: COLUMNS,
      },
    );
    return documented(sentimentRoute, sent);
  });
}

const COLUMNS = columnsOf(SentimentSchema);

function sentimentRow(
  { asset, atBaseline, atZero, figures }: Sentiment,
  _fetchedAt: number,
  ofExchanges: number,
): SentimentRow {
  return {
    ...assetPart(asset, ofExchanges),
    at_baseline: atBaseline,
    at_zero: atZero,
    mean_annualized_pct: figures?.meanPct ?? null,
    median_annualized_pct: figures?.medianPct ?? null,
    oi_weighted_annualized_pct: figures?.oiWeightedPct ?? null,
    volume_weighted_annualized_pct: figures?.volumeWeightedPct ?? null,
    positive_share: figures?.positiveShare ?? null,
    label: figures?.label ?? null,
    reason: figures === null ? "too_few_exchanges" : null,
  };
}
