import type { Decode, ExchangeHttp, Load, Reply, Source } from "../../src/exchanges/exchange.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";

/**
 * Bodies by request. A GET is its path and query, a POST is `POST /path` + a space + the JSON body; a request to
 * another host than main is preceded by `<host>:` (`xyz:/path`, `xyz:POST /path {}`). An Error value makes the request
 * fail with it.
 */
export type Bodies = Readonly<Record<string, unknown>>;

/** One call of a method of Source, in the order made. */
export interface Ask {
  readonly kind: "essential" | "instruments" | "intervals" | "secondary" | "rotation" | "sweep";
  readonly name: string;
  /** The requested period; null for every cycle. */
  readonly everyMs: number | null;
}

export interface MemorySource extends Source {
  /** Every request sent, in the spelling of the keys of Bodies. */
  readonly requests: readonly string[];
  readonly asks: readonly Ask[];
  /** The maximum number of pending requests. */
  readonly maxPendingRequests: () => number;
}

export interface MemorySourceOptions {
  /** When every reply arrives. */
  readonly nowMs: number;
  /** When the reply of a source name arrived, if different: a cached one. */
  readonly receivedAtMs?: Readonly<Record<string, number>>;
  /** The body of a request that is not in `bodies`. */
  readonly otherwise?: (request: string) => unknown;
  /** True: rotations know nothing yet, as in the first cycle. */
  readonly rotationsEmpty?: boolean;
}

/**
 * A Source over bodies in memory, without caches: each call sends its requests. Fails like the real one: secondary and
 * intervals return null for a RequestFailure, a rotation omits the key, the others throw it. A request without a body
 * is a mistake of the test or the adapter, and throws a plain Error from every method.
 */
export function memorySource(bodies: Bodies, options: MemorySourceOptions): MemorySource {
  const requests: string[] = [];
  const asks: Ask[] = [];
  let waiting = 0;
  let maxPending = 0;

  async function answer<T>(key: string, decode: Decode<T>): Promise<T> {
    requests.push(key);
    waiting += 1;
    maxPending = Math.max(maxPending, waiting);
    await Promise.resolve();
    waiting -= 1;
    const body = Object.hasOwn(bodies, key) ? bodies[key] : options.otherwise?.(key);
    if (body === undefined) throw new Error(`the test holds no body for ${key}`);
    if (body instanceof Error) throw body;
    return decode(body);
  }

  const http: ExchangeHttp = {
    get: (path, decode, host) => answer(`${hostPrefix(host)}${path}`, decode),
    postRead: (path, body, decode, host) =>
      answer(`${hostPrefix(host)}POST ${path} ${JSON.stringify(body)}`, decode),
  };

  async function load<T>(name: string, loader: Load<T>): Promise<Reply<T>> {
    const value = await loader(http);
    return { value, receivedAtMs: options.receivedAtMs?.[name] ?? options.nowMs };
  }

  async function loadOrNull<T>(name: string, loader: Load<T>): Promise<Reply<T> | null> {
    try {
      return await load(name, loader);
    } catch (error) {
      if (error instanceof RequestFailure) return null;
      throw error;
    }
  }

  return {
    nowMs: () => options.nowMs,
    requests,
    asks,
    maxPendingRequests: () => maxPending,
    essential(name, loader) {
      asks.push({ kind: "essential", name, everyMs: null });
      return load(name, loader);
    },
    instruments(name, everyMs, loader) {
      asks.push({ kind: "instruments", name, everyMs });
      return load(name, loader);
    },
    intervals(name, everyMs, loader) {
      asks.push({ kind: "intervals", name, everyMs });
      return loadOrNull(name, loader);
    },
    secondary(name, loader, everyMs) {
      asks.push({ kind: "secondary", name, everyMs: everyMs ?? null });
      return loadOrNull(name, loader);
    },
    async rotation<T>(
      name: string,
      keys: readonly string[],
      rotationMs: number,
      loadOne: (http: ExchangeHttp, key: string) => Promise<T>,
    ): Promise<ReadonlyMap<string, Reply<T>>> {
      asks.push({ kind: "rotation", name, everyMs: rotationMs });
      const known = new Map<string, Reply<T>>();
      if (options.rotationsEmpty === true) return known;
      for (const key of keys) {
        const reply = await loadOrNull(name, (client) => loadOne(client, key));
        if (reply !== null) known.set(key, reply);
      }
      return known;
    },
    async sweep<T>(
      name: string,
      keys: readonly string[],
      loadOne: (http: ExchangeHttp, key: string) => Promise<T>,
    ): Promise<ReadonlyMap<string, Reply<T>>> {
      asks.push({ kind: "sweep", name, everyMs: null });
      const known = new Map<string, Reply<T>>();
      let failure: unknown = null;
      for (const key of keys) {
        try {
          const value = await loadOne(http, key);
          known.set(key, { value, receivedAtMs: options.receivedAtMs?.[key] ?? options.nowMs });
        } catch (error) {
          if (!(error instanceof RequestFailure)) throw error;
          failure = error;
        }
      }
      if (known.size === 0 && failure !== null) throw failure;
      return known;
    },
  };
}

function hostPrefix(host: string | undefined): string {
  return host === undefined || host === "main" ? "" : `${host}:`;
}
