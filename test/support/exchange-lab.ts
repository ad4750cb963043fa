import { httpShared } from "../../src/collector/collector.ts";
import { ExchangeRequests, type HttpShared } from "../../src/collector/exchange-http.ts";
import { Explainer } from "../../src/collector/explainer.ts";
import { PayloadBudget } from "../../src/collector/recorded-refresh.ts";
import { StaleFeedDetector } from "../../src/collector/stale-feed-detector.ts";
import { type Cycle, ExchangeRunner } from "../../src/collector/exchange-runner.ts";
import type { OnAccepted } from "../../src/collector/live-writer.ts";
import type { RotationMode } from "../../src/collector/rotation.ts";
import { ExchangeSource } from "../../src/collector/source.ts";
import { LastQuotes } from "../../src/db/market/last-quotes.ts";
import { type Simulator, startSimulator } from "../../src/simulator/server.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { BoardRow, ExchangeState, Snapshot } from "../../src/domain/market.ts";
import type { Origin } from "../../src/domain/origin.ts";
import type { Explanation } from "../../src/domain/quote.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { Board, PUBLISH_EVERY_MS } from "../../src/services/board/board.ts";
import { startCollecting, type TestDatabase, testDatabase } from "./database.ts";
import { originOf } from "../../src/services/finder/explain.ts";
import { drive } from "./drive.ts";
import { ManualClock } from "./manual-clock.ts";

const PERIOD_MS = 60_000;
const STALE_AFTER_MS = 900_000;

/** Virtual milliseconds between two checks of a request that will never be answered. */
const HANG_STEP_MS = 2_500;

/**
 * Parsing takes no time on the lab's clock: however slow the machine is, no explanation is postponed as too expensive.
 */
const EXPLAIN_STEP_MS = 0;

/** The pace of exchanges is tested elsewhere; here a rotation of hundreds of requests takes no time. */
const NO_PACING = { requests: 100_000, perMs: 1 } as const;

/** Real adapters, HTTP, gate, database and board against the simulator, on a clock controlled by the test. */
export interface ExchangeLab {
  readonly clock: ManualClock;
  readonly simulator: Simulator;
  readonly database: TestDatabase;
  /** Called after each commit; tests may add some. */
  readonly onAccepted: OnAccepted[];
  /** Runs one refresh to its end. `patience` also advances the clock, for requests that hang. */
  cycle(id: ExchangeId, patience?: "answers" | "hangs"): Promise<Cycle>;
  /** Where the funding rate of a row of the last accepted refresh came from; null for one that it did not show. */
  explain(id: ExchangeId, exchangeSymbol: string): Promise<Explanation | null>;
  /** Where a row of a snapshot came from, as requested by `/api/explain`. */
  originOf(snapshot: Snapshot, row: BoardRow): Promise<Origin>;
  /** What readers see now: the board after its next publish. */
  snapshot(): Promise<Snapshot>;
  state(id: ExchangeId): ExchangeState;
  [Symbol.dispose](): void;
}

/**
 * `rotations`: "off" if requests of one instrument at a time would only be in the way. `scale`: the part of what the
 * exchanges list today.
 */
export function exchangeLab(
  ids: readonly ExchangeId[],
  startMs: number,
  rotations: RotationMode = "whole",
  scale = 1,
): ExchangeLab {
  const clock = new ManualClock(startMs);
  const simulator = startSimulator({ nowMs: () => clock.nowMs(), scale });
  const database = testDatabase();
  const epoch = startCollecting(database, ids, clock.nowMs(), PERIOD_MS);
  const board = new Board({ reader: database.reader, clock, staleAfterMs: STALE_AFTER_MS });
  const lifetime = new AbortController();
  const shared = httpShared({ clock, random: () => 0 }, simulator.origin);
  const explainer = new Explainer({
    clock,
    lifetime: lifetime.signal,
    budget: new PayloadBudget(),
  });
  const onAccepted: OnAccepted[] = [];
  const runners = new Map(
    ids.map((id) => [
      id,
      makeRunner(id, {
        shared,
        clock,
        database,
        epoch,
        rotations,
        explainer,
        onAccepted,
        lifetime: lifetime.signal,
      }),
    ]),
  );
  const runnerOf = (id: ExchangeId): ExchangeRunner => {
    const runner = runners.get(id);
    if (runner === undefined) throw new Error(`${id} is not in this lab`);
    return runner;
  };
  return {
    clock,
    simulator,
    database,
    onAccepted,
    async explain(id, exchangeSymbol) {
      const storedAtMs = this.state(id).lastOkAtMs ?? 0;
      const explanation = explainer.explain({ exchange: id, exchangeSymbol, storedAtMs });
      const origin = await drive(explanation, clock, EXPLAIN_STEP_MS);
      if (origin === "not_in_last_batch") return null;
      if (typeof origin === "string") throw new Error(`${id} ${exchangeSymbol}: ${origin}`);
      return origin;
    },
    originOf: (snapshot, row) =>
      drive(
        originOf(snapshot, row, (request) => explainer.explain(request)),
        clock,
        EXPLAIN_STEP_MS,
      ),
    async cycle(id, patience = "answers") {
      const cycle = await drive(
        runnerOf(id).cycle(),
        clock,
        patience === "hangs" ? HANG_STEP_MS : 0,
      );
      if (cycle === null) throw new Error("the lab is closed");
      return cycle;
    },
    async snapshot() {
      await clock.advance(PUBLISH_EVERY_MS);
      board.poll();
      const snapshot = board.current();
      if (snapshot === null) throw new Error("no batch was stored yet");
      return snapshot;
    },
    state(id) {
      const state = database.states.list().find((known) => known.exchange === id);
      if (state === undefined) throw new Error(`${id} has no state`);
      return state;
    },
    [Symbol.dispose]() {
      lifetime.abort();
      simulator.stop();
      database[Symbol.dispose]();
    },
  };
}

function makeRunner(
  id: ExchangeId,
  lab: {
    readonly shared: HttpShared;
    readonly clock: ManualClock;
    readonly database: TestDatabase;
    readonly epoch: number;
    readonly rotations: RotationMode;
    readonly explainer: Explainer;
    readonly onAccepted: readonly OnAccepted[];
    readonly lifetime: AbortSignal;
  },
): ExchangeRunner {
  const { clock, database, lifetime, epoch, explainer, onAccepted } = lab;
  const exchange = EXCHANGES[id];
  const requests = new ExchangeRequests({ ...exchange.facts, pacing: NO_PACING }, lab.shared);
  const source = new ExchangeSource({
    requests,
    clock,
    rotationMode: lab.rotations,
    periodMs: PERIOD_MS,
    sweepMs: 0,
    deadline: true,
    lifetime,
  });
  const store = {
    writer: database.writer,
    states: database.states,
    lastQuotes: new LastQuotes(database.db),
  };
  const parts = { source, staleFeeds: new StaleFeedDetector(), failuresInRow: 0, pause: null };
  return new ExchangeRunner(exchange, parts, {
    clock,
    store,
    epoch,
    periodMs: PERIOD_MS,
    lifetime,
    explainer,
    onAccepted,
  });
}
