import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { isExchangeId } from "../../../domain/exchange.ts";
import type { Snapshot } from "../../../domain/market.ts";
import { coverageOf } from "../../../services/board/coverage.ts";
import type { AssetGroups } from "../../../services/finder/asset-groups.ts";
import {
  type Alternative,
  findPosition,
  type Position,
} from "../../../services/finder/position.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import { columnsOf } from "../../lists/columns.ts";
import { fundingRow } from "../../lists/funding-row.ts";
import { sendList } from "../../lists/paging.ts";
import { secondsOf } from "../../lists/row-fields.ts";
import { cachedList, problems } from "../../openapi/document.ts";
import { noData } from "../../openapi/missing-exchanges.ts";
import { unknownUid } from "../../lists/unknown-listing.ts";
import type { ApiError } from "../../protocol/problem.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import {
  type Direction,
  PositionListSchema,
  PositionQuerySchema,
  type PositionRow,
  PositionSchema,
} from "./schema.ts";

const positionRoute = createRoute({
  method: "get",
  path: "/api/funding/position",
  operationId: "getPosition",
  tags: ["Rates"],
  summary: "Funding of a position, and the best alternative",
  description:
    "One row for one position: the next payment, a day and thirty days at the current rate, and the best other exchange for the same asset and side.",
  request: { query: PositionQuerySchema },
  responses: {
    ...cachedList(PositionListSchema, "The position, one row."),
    ...problems("bad_parameter", "unknown_instrument", "not_ready", "no_data", "busy"),
  },
});

export function addPositionRoutes(
  app: OpenAPIHono<AppEnv>,
  {
    answers,
    groups,
  }: {
    readonly answers: SnapshotAnswers;
    readonly groups: AssetGroups;
  },
): void {
  app.openapi(positionRoute, (c) => {
    const params = c.req.valid("query");
    const { uid, side, notional } = params;
    const snapshot = answers.current(c.env);
    const position = findPosition(snapshot, groups, { uid, side, notionalUsd: notional });
    if (position === null) throw unknown(snapshot, uid);
    // Keyed by its uid, so that equivalent requests share one answer.
    const asked = { ...params, uid: position.row.record.uid };
    const sent = sendList(answers, c, asked, {
      name: "funding-position",
      select: () => [position],
      toRow: positionRow,
      columns: COLUMNS,
    });
    return documented(positionRoute, sent);
  });
}

/** If the exchange has no data at all, its listings are unknown. */
function unknown(snapshot: Snapshot, uid: string): ApiError {
  const exchange = (uid.split(":")[0] ?? "").toLowerCase();
  if (isExchangeId(exchange)) {
    const { missing, hasNothing } = coverageOf(snapshot, { exchange: [exchange] });
    if (hasNothing) return noData(missing);
  }
  return unknownUid(snapshot, uid);
}

const COLUMNS = columnsOf(PositionSchema);

function positionRow(position: Position, fetchedAt: number): PositionRow {
  const { row, next, alternative } = position;
  const sent = fundingRow(row, fetchedAt);
  return {
    uid: sent.uid,
    exchange: sent.exchange,
    exchange_symbol: sent.exchange_symbol,
    symbol: sent.symbol,
    asset_id: sent.asset_id,
    base: sent.base,
    quote: sent.quote,
    side: position.side,
    notional_usd: position.notionalUsd,
    ...ratePart(sent),
    assumes: "constant_rates",
    direction: directionOf(position),
    next_payment_at: next && fetchedAt + secondsOf(next.inMs),
    next_payment_usd: next && next.usd,
    day_usd: position.dayUsd,
    thirty_days_usd: position.thirtyDaysUsd,
    reasons: [...position.blockedBy],
    alternative: alternative && alternativeBody(alternative, fetchedAt),
    alternative_reason: position.alternativeReason,
  };
}

function ratePart(sent: ReturnType<typeof fundingRow>) {
  return {
    funding_rate: sent.funding_rate,
    funding_interval_hours: sent.funding_interval_hours,
    annualized_pct: sent.annualized_pct,
    rate_8h_pct: sent.rate_8h_pct,
    next_funding_time: sent.next_funding_time,
    accrual: sent.accrual,
    open_interest_usd: sent.open_interest_usd,
    volume_24h_usd: sent.volume_24h_usd,
    flags: sent.flags,
  };
}

function alternativeBody(
  { leg, yearlyGainUsd }: Alternative,
  fetchedAt: number,
): PositionRow["alternative"] {
  const sent = fundingRow(leg.row, fetchedAt);
  return {
    uid: sent.uid,
    exchange: sent.exchange,
    exchange_symbol: sent.exchange_symbol,
    symbol: sent.symbol,
    quote: sent.quote,
    ...ratePart(sent),
    is_outlier: leg.isOutlier,
    yearly_gain_usd: yearlyGainUsd,
  };
}

function directionOf({ row, side, blockedBy }: Position): Direction | null {
  if (blockedBy.length > 0) return null;
  const { fundingRate } = row.record;
  if (fundingRate === 0) return "nothing";
  return fundingRate > 0 === (side === "short") ? "receive" : "pay";
}
