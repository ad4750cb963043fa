import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { ExchangeId, MissingExchange } from "../../../domain/exchange.ts";
import { type Fee, type FeeTable, listingFee, takerFees } from "../../../domain/fees.ts";
import type { BoardRow, Snapshot } from "../../../domain/market.ts";
import { observedAtMs } from "../../../domain/funding.ts";
import type { Origin } from "../../../domain/origin.ts";
import type { Explanation } from "../../../domain/quote.ts";
import {
  annualWorking,
  type AskForOrigin,
  originOf,
  rateWorking,
  type Working,
} from "../../../services/finder/explain.ts";
import { bySymbol, findListing } from "../../../services/finder/listing-lookup.ts";
import { coverageOf } from "../../../services/board/coverage.ts";
import type { WorkLimits, WorkQueue } from "../../answers/work-queue.ts";
import { type Requester, requesterOf } from "../../protocol/requester.ts";
import { freshJsonResponse } from "../../lists/content.ts";
import { noData } from "../../openapi/missing-exchanges.ts";
import { freshJson, problems } from "../../openapi/document.ts";
import { NO_PARAMS } from "../../openapi/params.ts";
import { unknownSymbol } from "../../lists/unknown-listing.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import { knownSeconds, secondsOf } from "../../lists/row-fields.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import { fundingRow } from "../../lists/funding-row.ts";
import { ExplainPathSchema, type ExplanationBody, ExplanationSchema } from "./schema.ts";

/** The facts of an exchange that an explanation shows; the registry's entries have this shape. */
export interface ExchangeRules {
  readonly id: ExchangeId;
  readonly documentation: string;
  readonly rateRule: string;
  readonly intervalRule: string;
  readonly unverifiedRate?: string;
  readonly caveats: readonly string[];
}

export interface ExplainDeps {
  readonly answers: SnapshotAnswers;
  readonly exchanges: readonly ExchangeRules[];
  readonly askForOrigin: AskForOrigin;
  /** Bounded by `ORIGINS_ASKED`. */
  readonly turns: WorkQueue;
  /** Taker fees of this installation. */
  readonly fees: FeeTable;
}

/** The collector's queue holds four batches and takes about a second: with two at once there is room for others. */
export const ORIGINS_ASKED: WorkLimits = { concurrent: 2, waiting: 200, waitMs: 2_000 };

const explainRoute = createRoute({
  method: "get",
  path: "/api/explain/{exchange}/{exchange_symbol}",
  operationId: "explainFundingRate",
  tags: ["Rates"],
  summary: "How one row was computed",
  description:
    "The row, the raw fields it was read from as received, the rule for its unit, how its interval is known, and the formulas with their numbers. The collecting process keeps the last payloads of each exchange, compressed, and parses them again for this answer: it sends no request to an exchange. What is explained is the very number in `row`; otherwise `raw` is null and `raw_reason` says why.",
  request: { params: ExplainPathSchema, query: NO_PARAMS },
  responses: {
    200: freshJson(ExplanationSchema, "The row and its origin."),
    ...problems("bad_parameter", "unknown_instrument", "not_ready", "no_data"),
  },
});

export function addExplainRoutes(
  app: OpenAPIHono<AppEnv>,
  { answers, exchanges, askForOrigin, turns, fees }: ExplainDeps,
): void {
  const rulesOf = new Map(exchanges.map((one) => [one.id, one]));
  const ofExchange = takerFees(fees, new Map());
  app.openapi(explainRoute, async (c) => {
    const { exchange, exchange_symbol: exchangeSymbol } = c.req.valid("param");
    const snapshot = answers.current(c.env);
    const row = findListing(snapshot, `${exchange}:${exchangeSymbol}`, bySymbol);
    const rulesHere = rulesOf.get(exchange);
    const { missing, hasNothing } = coverageOf(snapshot, { exchange: [exchange] });
    if (row === null || rulesHere === undefined) {
      // Its current listings are unknown.
      if (hasNothing) throw noData(missing);
      throw unknownSymbol(snapshot, exchange, exchangeSymbol);
    }
    const origin = await inTurn(turns, requesterOf(c.req.raw, c.env), () =>
      originOf(snapshot, row, askForOrigin),
    );
    const fee = listingFee(ofExchange.get(exchange) ?? null, row.record.takerFeeBps);
    const body = explained(snapshot, row, { rules: rulesHere, fee, origin, missing });
    const { requestId } = c.env;
    return documented(explainRoute, freshJsonResponse(body, { status: 200, requestId }));
  });
}

/**
 * Calls `ask` when it is this client's turn. Without turns a client that requests many rows would fill the collector's
 * queue, and all other clients would get `busy`.
 */
async function inTurn(
  turns: WorkQueue,
  requester: Requester,
  ask: () => Promise<Origin>,
): Promise<Origin> {
  // Rejects only if the turn does not come in time.
  const release = await Promise.resolve(turns.enter(requester)).catch(() => null);
  if (release === null) return "busy";
  try {
    return await ask();
  } finally {
    release();
  }
}

/** What is known about a row beyond its own fields. */
interface Known {
  readonly rules: ExchangeRules;
  readonly fee: Fee | null;
  readonly origin: Origin;
  readonly missing: readonly MissingExchange[];
}

function explained(
  snapshot: Snapshot,
  row: BoardRow,
  { rules, fee, origin, missing }: Known,
): ExplanationBody {
  const { record } = row;
  const [explanation, gap] = typeof origin === "string" ? [null, origin] : [origin, null];
  const fetchedAt = secondsOf(snapshot.asOfMs);
  return {
    fetched_at: fetchedAt,
    snapshot: snapshot.id,
    missing: [...missing],
    row: fundingRow(row, fetchedAt),
    raw: explanation === null ? null : { ...explanation.origin.rows },
    raw_reason: gap,
    raw_observed_at: knownSeconds(explanation && observedAtOf(explanation)),
    rate_rule: rules.rateRule,
    unverified_rate: rules.unverifiedRate ?? null,
    rate: explanation === null ? null : workingBody(rateWorking(explanation)),
    interval_rule: rules.intervalRule,
    interval_source: record.intervalSource,
    interval_changed_at: knownSeconds(record.intervalChangedAtMs),
    annualized: workingBody(annualWorking(row)),
    observed_at: secondsOf(record.observedAtMs),
    taker_fee_bps: fee?.bps ?? null,
    taker_fee_source: fee?.source ?? null,
    documentation: rules.documentation,
    caveats: [...rules.caveats],
  };
}

function observedAtOf({ quote }: Explanation): number {
  return observedAtMs(quote.exchangeTimeMs, quote.receivedAtMs);
}

function workingBody(working: Working | null): ExplanationBody["rate"] {
  if (working === null) return null;
  const { formula, withNumbers, value } = working;
  return { formula, with_numbers: withNumbers, value };
}
