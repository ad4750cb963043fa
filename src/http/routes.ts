import { OpenAPIHono } from "@hono/zod-openapi";
import type { FeeTable } from "../domain/fees.ts";
import type { ServedBoard } from "../services/board/served-board.ts";
import type { Clock } from "../lib/clock.ts";
import type { HealthReport } from "../services/board/health.ts";
import type { Readiness } from "../services/board/readiness.ts";
import type { AssetGroups } from "../services/finder/asset-groups.ts";
import type { AskForOrigin } from "../services/finder/explain.ts";
import type { IntervalChanges } from "../services/finder/interval-changes.ts";
import type { HistoryReader } from "../services/history/history-reader.ts";
import type { PastMarket } from "../services/history/past-market.ts";
import type { AnswerLoad } from "./answers/answer-load.ts";
import type { SnapshotAnswers } from "./answers/snapshot-answers.ts";
import { WorkQueue } from "./answers/work-queue.ts";
import { addArbRoutes } from "./api/arb/routes.ts";
import { addAssetRoutes } from "./api/assets/routes.ts";
import { addBacktestRoutes } from "./api/backtest/routes.ts";
import { addCalendarRoutes } from "./api/calendar/routes.ts";
import { addSlotRoutes } from "./api/calendar/slot-routes.ts";
import { addCumulativeRoutes } from "./api/cumulative/routes.ts";
import { addDivergenceRoutes } from "./api/divergence/routes.ts";
import { addExchangeRoutes, type ExchangeInfo } from "./api/exchanges/routes.ts";
import { addExplainRoutes, ORIGINS_ASKED, type ExchangeRules } from "./api/explain/routes.ts";
import { addExtremesRoutes } from "./api/extremes/routes.ts";
import { addForecastRoutes } from "./api/forecast-error/routes.ts";
import { addFundingRoutes } from "./api/funding/routes.ts";
import { addHealthRoutes } from "./api/health/routes.ts";
import { addHistoryRoutes } from "./api/history/routes.ts";
import { addHeatmapRoutes } from "./api/heatmap/routes.ts";
import { addInstrumentRoutes } from "./api/instruments/routes.ts";
import { addIntervalRoutes } from "./api/intervals/routes.ts";
import { addMarketRoutes } from "./api/market/routes.ts";
import { addPersistenceRoutes } from "./api/persistence/routes.ts";
import { addPositionRoutes } from "./api/position/routes.ts";
import { addGapRoutes } from "./api/quality/gap-routes.ts";
import { addQualityRoutes } from "./api/quality/routes.ts";
import { addSentimentRoutes } from "./api/sentiment/routes.ts";
import { addVolumeRoutes } from "./api/by-volume/routes.ts";
import { PAST_READ, PastSnapshots } from "./lists/past-snapshots.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { addDocumentRoutes } from "./pages/documents.ts";
import { addPageRoutes } from "./pages/routes.ts";
import type { AppEnv, RequestContext } from "./protocol/request-context.ts";
import { queryNamesOf, requireParameters } from "./protocol/routing.ts";
import type { StreamHub } from "./stream/hub.ts";
import { addStreamRoutes } from "./stream/routes.ts";

/** Dependencies of the routes. */
export interface RouteDeps {
  readonly answers: SnapshotAnswers;
  readonly load: AnswerLoad;
  readonly clock: Clock;
  readonly board: ServedBoard;
  readonly health: () => HealthReport;
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  readonly exchanges: readonly (ExchangeInfo & ExchangeRules)[];
  readonly intervalChanges: IntervalChanges;
  readonly history: HistoryReader;
  /** Shared with all other users that compare a snapshot's listings. */
  readonly groups: AssetGroups;
  /** The market of past moments. */
  readonly pastMarket: PastMarket;
  /** Taker fees of this installation. */
  readonly fees: FeeTable;
  /** Asks the collector for the origin of a row. */
  readonly askForOrigin: AskForOrigin;
  readonly streams: StreamHub;
  /** The service's public origin; null if unknown. */
  readonly publicUrl: string | null;
}

/** All routes. They are registered before the first request. */
export function createRouter(deps: RouteDeps): OpenAPIHono<AppEnv> {
  const router: OpenAPIHono<AppEnv> = new OpenAPIHono<AppEnv>({
    // The router does not parse addresses itself: it routes exactly what the cache has seen.
    getPath: (_request, options) => pathOf(options?.env),
    defaultHook: (result, c) =>
      requireParameters(result, c.env.address.query, () => queryNamesOf(router, c.env.route)),
  });
  const { answers, load, clock, board, groups, fees, exchanges } = deps;
  const { health, readiness, metrics, intervalChanges, history, askForOrigin, streams, publicUrl } =
    deps;
  const past = new PastSnapshots({
    market: deps.pastMarket,
    live: () => board.current(),
    clock,
    answers,
    turns: new WorkQueue(clock, PAST_READ),
  });
  // All of these are public, without a key.
  addHealthRoutes(router, { health, readiness, metrics });
  addExchangeRoutes(router, { answers, exchanges, fees });
  addFundingRoutes(router, { answers, past, board, clock, timeStep: metrics.timeStep });
  addHeatmapRoutes(router, { answers, groups, past });
  addCalendarRoutes(router, { answers });
  addSlotRoutes(router, { answers });
  addExtremesRoutes(router, { answers });
  addSentimentRoutes(router, { answers, groups, past });
  addMarketRoutes(router, { answers, groups });
  addVolumeRoutes(router, { answers, groups });
  addArbRoutes(router, { answers, groups, past, fees });
  addPositionRoutes(router, { answers, groups });
  addDivergenceRoutes(router, { answers, groups, fees });
  addAssetRoutes(router, { answers });
  addInstrumentRoutes(router, { answers });
  addIntervalRoutes(router, { answers, intervalChanges });
  addHistoryRoutes(router, { answers, board, history });
  addCumulativeRoutes(router, { answers, history });
  addBacktestRoutes(router, { answers, history, fees });
  addPersistenceRoutes(router, { answers, history, fees });
  addForecastRoutes(router, { answers, history });
  addGapRoutes(router, { answers, history });
  addQualityRoutes(router, { answers });
  addStreamRoutes(router, { answers, streams });
  const turns = new WorkQueue(clock, ORIGINS_ASKED);
  addExplainRoutes(router, { answers, exchanges, fees, askForOrigin, turns });
  addDocumentRoutes(router, { load, publicUrl });
  addPageRoutes(router, { answers, exchanges, fees, load });
  return router;
}

/** Every request is dispatched with its context as environment, which the library's types do not express here. */
function pathOf(env: unknown): string {
  return (env as RequestContext).address.path;
}
