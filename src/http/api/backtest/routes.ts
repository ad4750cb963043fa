import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { type FeeTable, listingFee, takerFees } from "../../../domain/fees.ts";
import { isExchangeId } from "../../../domain/exchange.ts";
import type { Snapshot } from "../../../domain/market.ts";
import { flatRows } from "../../../lib/flat-table.ts";
import { byUid, findListing } from "../../../services/finder/listing-lookup.ts";
import { BACKTEST_SPAN_MS, type BacktestRule } from "../../../services/history/backtest-query.ts";
import {
  type BacktestAnswer,
  LEAVE_UNDER_PCT,
  MAX_THRESHOLD_DAYS,
} from "../../../services/history/backtest-table.ts";
import { visibleFromMs } from "../../../services/history/history-depth.ts";
import { isShortEnough, MAX_RAW_DAYS } from "../../../services/history/history-query.ts";
import type { HistoryReader } from "../../../services/history/history-reader.ts";
import type { SnapshotAnswers } from "../../answers/snapshot-answers.ts";
import { columnsOf } from "../../lists/columns.ts";
import { sendSourced } from "../../lists/paging.ts";
import { tableSources } from "../../lists/past-tables.ts";
import { askPast } from "../../lists/past.ts";
import { secondsOf } from "../../lists/row-fields.ts";
import { isoOf } from "../../lists/shown-fields.ts";
import { cachedFile, problems } from "../../openapi/document.ts";
import { badParameters } from "../../protocol/problem.ts";
import { echo } from "../../protocol/query-text.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import { backtestHead, isComplete, type KnownPair, pointRow } from "./rows.ts";
import {
  BacktestListSchema,
  BacktestQuerySchema,
  type EquityPointRow,
  EquityPointSchema,
} from "./schema.ts";

const backtestRoute = createRoute({
  method: "get",
  path: "/api/funding/backtest",
  operationId: "backtestPair",
  tags: ["History"],
  summary: "What a pair would have earned",
  description:
    "A long and a short leg over the payments that were really made (with gaps=allow also over estimates): a settlement counts if entry < slot <= exit, continuous funding by the hours held. `rows` is the equity curve; the figures are in the envelope. Prices are apart, and what was not charged at an exit is in no figure. Computed up to the last full minute.",
  request: { query: BacktestQuerySchema },
  responses: {
    ...cachedFile(BacktestListSchema, "The result; rows and figures are empty if it is refused."),
    ...problems("bad_parameter", "bad_cursor", "not_ready", "busy", "history_unavailable"),
  },
});

export function addBacktestRoutes(
  app: OpenAPIHono<AppEnv>,
  {
    answers,
    history,
    fees,
  }: {
    readonly answers: SnapshotAnswers;
    readonly history: HistoryReader;
    readonly fees: FeeTable;
  },
): void {
  app.openapi(backtestRoute, (c) => {
    const params = c.req.valid("query");
    let shown: Shown | null = null;
    const sent = sendSourced(answers, c, params, {
      name: "funding-backtest",
      variant: [...fees.values()].map(({ takerBps }) => takerBps),
      isOfListings: false,
      sources: tableSources(answers, async (asOfMs, snapshot) => {
        const range = rangeOf(params, asOfMs);
        const ofExchanges = takerFees(fees, params.fees);
        const legs = {
          long: legOf("long", params.long, snapshot, ofExchanges),
          short: legOf("short", params.short, snapshot, ofExchanges),
        };
        if (legs.long.uid === legs.short.uid)
          throw badLegs((other) => `must be another instrument than ${other}`);
        const query = {
          ...range,
          long: { uid: legs.long.uid, feeBps: legs.long.feeBps },
          short: { uid: legs.short.uid, feeBps: legs.short.feeBps },
          notionalUsd: params.notional,
          rule: ruleOf(params),
          holdHours: params.hold_hours,
          gaps: params.gaps,
          asOfMs,
        };
        const answer = known(await askPast(history, "backtest", query, c.req.raw), params);
        shown = { answer, legs, ...range };
        if (answer.kind === "refused") return [];
        const pointAt = flatRows(answer.curve);
        return Array.from({ length: answer.curve.length }, (_, at) => pointRow(pointAt(at)));
      }),
      toRow: (row: EquityPointRow) => row,
      columns: COLUMNS,
      parquet: (columns) => askPast(history, "parquet", columns, c.req.raw),
      head: () => {
        const { answer, legs, fromMs, toMs } = shownOf(shown);
        const head = {
          from_at: secondsOf(fromMs),
          to_at: secondsOf(toMs),
          notional_usd: params.notional,
          ...backtestHead(answer, legs),
        };
        return params.time === "iso" ? (isoOf(head) as typeof head) : head;
      },
      headers: () => ({
        "x-complete": String(isComplete(shownOf(shown).answer)),
      }),
    });
    return documented(backtestRoute, sent);
  });
}

const COLUMNS = columnsOf(EquityPointSchema);

interface Leg {
  readonly uid: string;
  readonly feeBps: number;
  readonly assetId: string | null;
}

/** What one request was answered from. */
interface Shown {
  readonly answer: KnownPair;
  readonly legs: { readonly long: Leg; readonly short: Leg };
  readonly fromMs: number;
  readonly toMs: number;
}

function shownOf(shown: Shown | null): Shown {
  if (shown === null) throw new Error("assertion failed: written before it was computed");
  return shown;
}

type Params = Readonly<{
  from: number | null;
  to: number | null;
  enter_over: number | null;
  leave_under: number | null;
}>;

const DAY_MS = 86_400_000;

/** Throws the problem for a range that is too long. */
function rangeOf({ from, to, enter_over: enterOver }: Params, asOfMs: number) {
  const toMs = Math.min(to === null ? asOfMs : to * 1000, asOfMs);
  const fromMs = Math.min(from === null ? toMs - BACKTEST_SPAN_MS : from * 1000, toMs);
  const range = { fromMs: visibleFromMs(fromMs), toMs };
  const refuse = (days: number, why: string) =>
    badParameters([
      { parameter: "from", rule: `must not be more than ${days} days before to${why}` },
    ]);
  if (!isShortEnough(range)) throw refuse(MAX_RAW_DAYS, "");
  if (enterOver !== null && toMs - fromMs > MAX_THRESHOLD_DAYS * DAY_MS)
    throw refuse(MAX_THRESHOLD_DAYS, " with enter_over");
  return range;
}

function ruleOf({ enter_over: enterOverPct, leave_under: leaveUnder }: Params): BacktestRule {
  if (enterOverPct === null) return { kind: "fixed" };
  const leaveUnderPct = leaveUnder ?? Math.min(LEAVE_UNDER_PCT, enterOverPct);
  return { kind: "threshold", enterOverPct, leaveUnderPct };
}

/** Throws the problem for a leg whose fee is not known. */
function legOf(
  side: "long" | "short",
  asked: string,
  snapshot: Snapshot,
  ofExchanges: ReturnType<typeof takerFees>,
): Leg {
  const record = findListing(snapshot, asked, byUid)?.record;
  const uid = record?.uid ?? asked;
  const exchange = record?.exchange ?? (uid.split(":")[0] ?? "").toLowerCase();
  if (!isExchangeId(exchange)) throw unknownLeg(side, asked);
  const fee = listingFee(ofExchanges.get(exchange) ?? null, record?.takerFeeBps ?? null);
  if (fee !== null) return { uid, feeBps: fee.bps, assetId: record?.assetId ?? null };
  const rule = `must have a fee for ${exchange}, whose own is not known: add ${exchange}:bps`;
  throw badParameters([{ parameter: "fees", rule }]);
}

function known(answer: BacktestAnswer, params: { long: string; short: string }): KnownPair {
  switch (answer.kind) {
    case "unknown":
      throw unknownLeg(answer.side, params[answer.side]);
    case "two_assets": {
      const { long, short } = answer;
      throw badLegs((other) =>
        other === "short"
          ? `must be the same asset as short: ${long} is not ${short}`
          : `must be the same asset as long: ${short} is not ${long}`,
      );
    }
    case "done":
    case "refused":
      return answer;
  }
}

/** The problem that names both legs, each with what is wrong with it next to the other. */
function badLegs(ruleNextTo: (other: "long" | "short") => string) {
  return badParameters([
    { parameter: "long", rule: ruleNextTo("short") },
    { parameter: "short", rule: ruleNextTo("long") },
  ]);
}

function unknownLeg(side: "long" | "short", asked: string) {
  const rule = `${echo(asked)} must be an instrument with a past: a uid, or exchange:exchange_symbol`;
  return badParameters([{ parameter: side, rule }]);
}
