import { listenOr } from "../lib/listening.ts";
import { handle } from "./handler.ts";
import { Market, type SimulatorOptions } from "./running-market.ts";

/** The exchange simulator, listening on loopback. */
export interface Simulator {
  /** The value for EXCHANGE_ORIGIN. */
  readonly origin: string;
  /** Its market: clock, truth and faults. */
  readonly market: Market;
  stop(): void;
  [Symbol.dispose](): void;
}

/** Its host is not configurable: it is only for this machine. */
const OPTIONS = { host: "the simulator", port: "--port" } as const;

/** Starts the simulator; port 0 means any free one. Throws ListenFailure if it cannot listen. */
export function startSimulator(options: SimulatorOptions & { readonly port?: number }): Simulator {
  const market = new Market(options);
  const place = { host: "127.0.0.1", port: options.port ?? 0, names: OPTIONS };
  const server = listenOr(place, () =>
    Bun.serve({
      hostname: place.host,
      port: place.port,
      development: false,
      reusePort: false,
      // A hanging request is up to the reader to abort.
      idleTimeout: 0,
      fetch: (request) => handle(market, request),
    }),
  );
  const stop = (): void => void server.stop(true);
  return { origin: server.url.origin, market, stop, [Symbol.dispose]: stop };
}
