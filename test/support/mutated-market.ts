import type { ExchangeName } from "../../src/simulator/listing.ts";
import { Market } from "../../src/simulator/running-market.ts";
import type {
  MarketView,
  WireList,
  WireReply,
  WireRequest,
  WireRow,
} from "../../src/simulator/wire.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { Batch } from "../../src/domain/quote.ts";
import type { ExchangeHttp, Reply, Source } from "../../src/exchanges/exchange.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { simulatorSource } from "./simulator-source.ts";

/** What a reply contains instead of what the exchange would have sent. */
export interface Mutation {
  readonly rows?: (
    rows: readonly WireRow[],
    list: WireList,
    request: WireRequest,
    view: MarketView,
  ) => readonly WireRow[];
  /** The whole reply; `rows` is what is in it. */
  readonly body?: (body: unknown, request: WireRequest, rows: readonly WireRow[]) => unknown;
}

/** A market whose replies can be changed when they are sent, while its truth stays the same. */
export class MutatedMarket extends Market {
  #mutation: Mutation = {};
  #count = 0;
  /** Rows before any mutation: a test reads the same market again for each of hundreds. */
  readonly #rows = new Map<string, readonly WireRow[]>();

  mutate(mutation: Mutation): void {
    this.#mutation = mutation;
    this.#count += 1;
  }

  override setInterval(exchange: ExchangeName, symbol: string, hours: number): boolean {
    this.#rows.clear();
    return super.setInterval(exchange, symbol, hours);
  }

  override delist(exchange: ExchangeName, symbol: string): boolean {
    this.#rows.clear();
    return super.delist(exchange, symbol);
  }

  override relist(exchange: ExchangeName, symbol: string, listedAtMs?: number): boolean {
    this.#rows.clear();
    return super.relist(exchange, symbol, listedAtMs);
  }

  override route(exchange: ExchangeName, request: WireRequest): WireReply {
    const list = super.route(exchange, request);
    if (list.type !== "list") return list;
    const { rows, body } = this.#mutation;
    const unchanged = (view: MarketView): readonly WireRow[] => {
      const key = `${exchange} ${list.key} ${view.nowMs} ${view.stampMs}`;
      const known = this.#rows.get(key) ?? list.rows(view);
      this.#rows.set(key, known);
      return known;
    };
    return {
      ...list,
      // Bytes are cached by this key.
      key: `${this.#count} ${list.key} ${request.query.toString()}`,
      rows: (view) => [...(rows?.(unchanged(view), list, request, view) ?? unchanged(view))],
      wrap: (made, view) => {
        const whole = list.wrap(made, view);
        return body === undefined ? whole : body(whole, request, made);
      },
    };
  }
}

/** How one refresh differs from a first one without any cache. */
export interface RefreshOptions {
  /** Replies of the lists that are not requested from an exchange in every cycle; missing ones are added. */
  readonly cache?: Map<string, Reply<unknown> | null>;
  /** "none": what is requested one instrument at a time and is not a rate is not requested at all. */
  readonly rotations?: "all" | "none";
  /** For a request of one instrument: the instrument that the exchange answers about. */
  readonly answerAbout?: (key: string, keys: readonly string[]) => string;
}

/** One refresh over a market. Secondary requests may fail, as they may in the collector. */
export function refreshOver(
  market: Market,
  id: ExchangeId,
  options: RefreshOptions = {},
): Promise<Batch> {
  return EXCHANGES[id].refresh(sourceOver(market, id, options));
}

function sourceOver(market: Market, id: ExchangeId, options: RefreshOptions): Source {
  const source = simulatorSource(market, id);
  const { cache, rotations = "none", answerAbout = (key) => key } = options;

  async function cached<T>(name: string, ask: () => Promise<T>): Promise<T> {
    const known = cache?.get(name);
    // The same name was filled by the same call.
    if (known !== undefined) return known as T;
    const reply = await ask();
    cache?.set(name, reply as Reply<unknown> | null);
    return reply;
  }

  /** Each key separately, so that a failing one affects no other. */
  async function each<T>(
    keys: readonly string[],
    ask: (key: string) => Promise<ReadonlyMap<string, Reply<T>>>,
  ): Promise<ReadonlyMap<string, Reply<T>>> {
    const known = new Map<string, Reply<T>>();
    for (const key of keys) {
      const answer = await orNull(ask(key));
      for (const [answered, reply] of answer ?? []) known.set(answered, reply);
    }
    return known;
  }

  return {
    ...source,
    instruments: (name, everyMs, load) =>
      cached(name, () => source.instruments(name, everyMs, load)),
    intervals: (name, everyMs, load) =>
      cached(name, () => orNull(source.intervals(name, everyMs, load))),
    secondary: (name, load, everyMs) => {
      const ask = () => orNull(source.secondary(name, load, everyMs));
      return everyMs === undefined ? ask() : cached(name, ask);
    },
    rotation: (name, keys, rotationMs, loadOne) =>
      each(rotations === "none" ? [] : keys, (key) =>
        source.rotation(name, [key], rotationMs, (http) =>
          loadOne(asking(http, key, answerAbout(key, keys)), key),
        ),
      ),
    sweep: (name, keys, loadOne) =>
      each(keys, (key) =>
        source.sweep(name, [key], (http) =>
          loadOne(asking(http, key, answerAbout(key, keys)), key),
        ),
      ),
  };
}

/** Requests another instrument from the market than the adapter does. */
function asking(http: ExchangeHttp, key: string, about: string): ExchangeHttp {
  if (key === about) return http;
  const other = (text: string): string =>
    text.replace(encodeURIComponent(key), encodeURIComponent(about));
  return {
    get: (path, decode, host) => http.get(other(path), decode, host),
    postRead: (path, body, decode, host) =>
      http.postRead(
        path,
        JSON.parse(JSON.stringify(body).replace(JSON.stringify(key), JSON.stringify(about))),
        decode,
        host,
      ),
  };
}

async function orNull<T>(reply: Promise<T>): Promise<T | null> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof RequestFailure) return null;
    throw error;
  }
}
