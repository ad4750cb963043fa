import { EXCHANGE_IDS, type ExchangeId, type ExchangeStatus } from "../../src/domain/exchange.ts";
import type { Quote } from "../../src/domain/quote.ts";
import { EVENT_DATA } from "../../src/http/stream/events.ts";
import { startServer } from "../../src/http/server.ts";
import { Board } from "../../src/services/board/board.ts";
import { StreamHub } from "../../src/http/stream/hub.ts";
import { testApp } from "./app.ts";
import { TestBoard } from "./board.ts";
import { Contract } from "./contract.ts";
import { acceptedBatch, startCollecting, testDatabase } from "./database.ts";
import { ManualClock } from "./manual-clock.ts";
import { memoryLog } from "./memory-log.ts";
import { NOON_MS, quoteOf } from "./quote.ts";

/** The state of one exchange, and whether it has a row left. */
export interface Condition {
  readonly status: ExchangeStatus;
  readonly hasRow: boolean;
}

export type Conditions = Partial<Record<ExchangeId, Condition>>;

export const is = (status: ExchangeStatus, hasRow = false): Condition => ({ status, hasRow });

/** One of each, alongside two that deliver. */
export const MIXED: Conditions = {
  binance: is("ok", true),
  kraken: is("degraded", true),
  bybit: is("starting"),
  gate: is("stale", true),
  okx: is("down"),
  bitget: is("down", true),
  mexc: is("geo_blocked"),
  htx: is("off"),
};

export const statusesOf = ({ missing }: MissingBody): string[] =>
  missing.map(({ exchange, status }) => `${exchange} ${status}`);

interface Missing {
  readonly exchange: ExchangeId;
  readonly status: ExchangeStatus;
  readonly reason: string;
}

/** What the envelopes here have in common. */
export interface MissingBody {
  readonly snapshot: string;
  readonly total: number;
  readonly missing: readonly Missing[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly next_cursor: string | null;
}

const STALE_AFTER_MS = 900_000;

/** It delivered once and is disabled now: without any batch ever there is no snapshot. */
const FIRST: ExchangeId = "hashkey";

/** Built once per test process. */
const contract = Contract.served();

/** The real service on a separate database, without a collector: the test writes what one would. */
export async function missingScene(conditions: Conditions) {
  const stack = new AsyncDisposableStack();
  const database = stack.use(testDatabase());
  const clock = new ManualClock(NOON_MS);
  const board = new Board({ reader: database.reader, clock, staleAfterMs: STALE_AFTER_MS });
  const all = EXCHANGE_IDS.flatMap((id) => {
    const condition = conditions[id];
    return condition === undefined ? [] : [{ id, ...condition }];
  });
  const isOn = ({ status }: Condition): boolean => status !== "off";
  const earlier = all.filter((one) => isOn(one) || one.hasRow).map(({ id }) => id);
  let epoch = startCollecting(database, [FIRST, ...earlier], NOON_MS);
  const store = (
    id: ExchangeId,
    bases: readonly string[],
    { atMs = clock.nowMs(), degradedBy = null }: { atMs?: number; degradedBy?: string | null } = {},
    extra: Partial<Quote> = {},
  ): void => {
    const quotes = bases.map((base) => quoteOf(base, { receivedAtMs: atMs, ...extra }));
    database.writer.commit(acceptedBatch(id, epoch, atMs, quotes, { state: { degradedBy } }));
    // As found by the market review, which does not run here.
    database.db.run("UPDATE instruments SET asset_id = base, identity = 'confirmed'");
  };
  const fail = (id: ExchangeId, kind: "timeout" | "network" | "geo_blocked", times = 1): void => {
    const atMs = clock.nowMs();
    const failure = { atMs, kind, message: "in our words", retryAtMs: atMs + 60_000 };
    for (let n = 0; n < times; n += 1) database.writer.fail(epoch, id, failure);
  };
  const put = (id: ExchangeId, { status, hasRow }: Condition): void => {
    const bases = hasRow ? ["BTC"] : [];
    const atMs = status === "stale" ? NOON_MS - STALE_AFTER_MS - 1 : NOON_MS;
    const degradedBy = status === "degraded" ? "a part is missing" : null;
    if (hasRow || ["ok", "degraded", "stale"].includes(status))
      store(id, bases, { atMs, degradedBy });
    if (status === "down") fail(id, "timeout", 3);
    if (status === "geo_blocked") fail(id, "geo_blocked");
  };
  store(FIRST, []);
  for (const { id, ...condition } of all) if (earlier.includes(id)) put(id, condition);
  epoch = startCollecting(
    database,
    all.filter(isOn).map(({ id }) => id),
    NOON_MS,
  );
  database.epochs.raiseSeq(NOON_MS);
  board.poll();

  const log = memoryLog();
  const streams = new StreamHub({ board, clock, log, data: EVENT_DATA });
  const app = testApp(new TestBoard(), { board, streams, clock });
  const server = stack.use(startServer(app, { host: "127.0.0.1", port: 0 }, log));
  return {
    board,
    clock,
    /** The exchange's refresh is accepted now, with these assets. */
    commit: (id: ExchangeId, bases: readonly string[], extra: Partial<Quote> = {}) =>
      store(id, bases, {}, extra),
    /** It fails now. */
    fail,
    origin: server.url.origin,
    /** A later snapshot, with what was written meanwhile. */
    async publish() {
      await clock.advance(5_000);
      board.poll();
    },
    /** Sends a request over HTTP; the answer is checked against the document. */
    async get(
      target: string,
      init: { readonly method?: string; readonly headers?: Record<string, string> } = {},
    ): Promise<Response> {
      const headers = { "accept-encoding": "identity", ...init.headers };
      const response = await fetch(server.url.origin + target, { ...init, headers });
      await (await contract).check(init.method ?? "GET", target, response);
      return response;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

export type MissingScene = Awaited<ReturnType<typeof missingScene>>;

/** Anything that responds over HTTP. */
interface HttpClient {
  get(target: string): Promise<Response>;
}

export async function bodyOf(client: HttpClient, target: string): Promise<MissingBody> {
  const response = await client.get(target);
  if (response.status !== 200) throw new Error(`${target}: ${await response.text()}`);
  return (await response.json()) as MissingBody;
}
