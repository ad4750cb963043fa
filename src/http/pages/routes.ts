import type { OpenAPIHono } from "@hono/zod-openapi";
import type { ExchangeId } from "../../domain/exchange.ts";
import type { FeeTable } from "../../domain/fees.ts";
import { flagNames, isBlocked } from "../../domain/flags.ts";
import { annualizedPct } from "../../domain/funding.ts";
import type { BoardRow, Snapshot } from "../../domain/market.ts";
import { filterEach, inSteps, type Stepwise } from "../../lib/stepwise.ts";
import {
  defaultOrder,
  SORT_FIELDS,
  SORT_ORDERS,
  sortRows,
  type SortField,
  type SortOrder,
} from "../../services/finder/funding-query.ts";
import { coverageOf } from "../../services/board/coverage.ts";
import { BoardPage } from "../../web/pages/board.tsx";
import type { PageAssets } from "../../web/layout.tsx";
import type { BoardPageModel, RateLine } from "../../web/view-model.ts";
import type { AnswerLoad } from "../answers/answer-load.ts";
import { Answer, type AnswerContent } from "../answers/answer.ts";
import { CACHE_IMMUTABLE, CACHE_NEVER, PAGE_HEADERS } from "../protocol/headers.ts";
import { REQUEST_ID_HEADER, type AppEnv } from "../protocol/request-context.ts";
import type { SnapshotAnswers } from "../answers/snapshot-answers.ts";
import { readStyleSheet } from "./style-sheet.ts";

export const HTML_TYPE = "text/html; charset=utf-8";

/** How pages name an exchange. */
interface NamedExchange {
  readonly id: ExchangeId;
  readonly name: string;
}

/** As many rows as a reader scans; the API has all of them. */
const SHOWN_LINES = 50;

const DEFAULT_SORT: SortField = "abs_annualized_pct";

/** A rendered component tree; JSX is escaped by default. */
interface Rendered {
  toString(): string | Promise<string>;
}

/** The HTML of a page. Components are synchronous functions of a view model. */
export function renderPage(page: Rendered): string {
  return `<!doctype html>${page.toString()}`;
}

interface PageDeps {
  readonly answers: SnapshotAnswers;
  readonly exchanges: readonly NamedExchange[];
  /** Taker fees of this installation. */
  readonly fees: FeeTable;
  readonly load: AnswerLoad;
}

/** The front page and its style sheet. */
export function addPageRoutes(
  router: OpenAPIHono<AppEnv>,
  { answers, load, ...tables }: PageDeps,
): void {
  const { css, assets } = readStyleSheet();
  const styleSheet = new Answer(
    {
      chunks: () => [css],
      streamed: null,
      contentType: "text/css; charset=utf-8",
      cacheControl: CACHE_IMMUTABLE,
      vary: "Accept-Encoding",
      headers: PAGE_HEADERS,
    },
    load,
  );
  router.get(assets.styleSheet, (c) => styleSheet.respond(c.req.raw, c.env));
  router.get("/", (c) => {
    const snapshot = answers.currentOrNull(c.env);
    if (snapshot === null) return waitingPage(assets, c.env.requestId);
    // Addresses are typed by hand and mangled by trackers: anything unknown falls back to the default.
    const sort = SORT_FIELDS.find((field) => field === c.req.query("sort")) ?? DEFAULT_SORT;
    const order = SORT_ORDERS.find((known) => known === c.req.query("order")) ?? defaultOrder(sort);
    function* page(of: Snapshot): Stepwise<AnswerContent> {
      const model = yield* boardPageModel(of, tables, sort, order);
      return {
        streamed: null,
        chunks: () => [renderPage(BoardPage({ model, assets }))],
        contentType: HTML_TYPE,
        cacheControl: null,
        vary: "Accept-Encoding",
        headers: PAGE_HEADERS,
      };
    }
    return answers.respond(c.req.raw, c.env, {
      snapshot,
      query: `${sort} ${order}`,
      make: () => inSteps(page(snapshot), answers.pauses()),
    });
  });
}

function waitingPage(assets: PageAssets, requestId: string): Response {
  return new Response(renderPage(BoardPage({ model: null, assets })), {
    status: 503,
    headers: {
      ...PAGE_HEADERS,
      "content-type": HTML_TYPE,
      "cache-control": CACHE_NEVER,
      "retry-after": "5",
      [REQUEST_ID_HEADER]: requestId,
    },
  });
}

/** The front page's model: the first trusted rows, in the requested order. */
function* boardPageModel(
  snapshot: Snapshot,
  { exchanges, fees }: Pick<PageDeps, "exchanges" | "fees">,
  sort: SortField,
  order: SortOrder,
): Stepwise<BoardPageModel> {
  const names = new Map(exchanges.map(({ id, name }) => [id, name]));
  const trusted = yield* filterEach(snapshot.rows, (row) => !isBlocked(row.flags));
  const sorted = yield* sortRows(trusted, sort, order);
  const nameOf = (id: ExchangeId): string => names.get(id) ?? id;
  return {
    snapshotId: snapshot.id,
    asOfMs: snapshot.asOfMs,
    totalRows: snapshot.rows.length,
    trustedRows: trusted.length,
    exchanges: snapshot.exchanges
      .filter(({ status }) => status !== "off")
      .map(({ exchange, status, symbols, ageSeconds }) => ({
        name: nameOf(exchange),
        status,
        symbols,
        ageSeconds,
        takerFeeBps: fees.get(exchange)?.takerBps ?? null,
        takerFeeNote: fees.get(exchange)?.note ?? null,
      })),
    missing: coverageOf(snapshot, {}).missing.map(({ exchange, status }) => ({
      name: nameOf(exchange),
      status,
    })),
    lines: sorted.slice(0, SHOWN_LINES).map((row) => rateLine(row, nameOf(row.record.exchange))),
    sort,
    order,
  };
}

function rateLine({ record, flags, nextFundingAtMs }: BoardRow, exchange: string): RateLine {
  return {
    exchange,
    exchangeSymbol: record.exchangeSymbol,
    symbol: record.base + record.quote,
    fundingRate: record.fundingRate,
    annualizedPct: annualizedPct(record.fundingRate, record.fundingIntervalHours),
    intervalHours: record.fundingIntervalHours,
    nextFundingAtMs,
    volume24hUsd: record.volume24hUsd,
    openInterestUsd: record.openInterestUsd,
    flags: flagNames(flags),
  };
}
