import { systemClock } from "../lib/clock.ts";
import { listenOr } from "../lib/listening.ts";
import type { Log } from "../lib/log.ts";
import type { App } from "./app.ts";
import { limitSockets, liftSocketLimits } from "./protocol/socket-limits.ts";

/** The API accepts no bodies; larger ones are cut off early. */
const MAX_REQUEST_BODY_BYTES = 1024 * 1024;

/** A client that has sent nothing for this long is disconnected. */
const IDLE_TIMEOUT_SECONDS = 30;

/**
 * Within this time anything with buffer space has been handed to the kernel; several event loop turns, one may be busy.
 */
const FLUSH_MS = 20;

export interface HttpServer extends AsyncDisposable {
  readonly url: URL;
  readonly port: number | undefined;
  /**
   * Stops accepting connections and closes idle ones; resolves when no response is in progress. None is cut off except
   * for readers that take nothing. With `closeActiveConnections` all are closed immediately.
   */
  stop(closeActiveConnections?: boolean): Promise<void>;
}

const SETTINGS = { host: "HOST", port: "PORT" } as const;

/** Listens on `port` of `host`; 0 means any free port. Throws ListenFailure if that fails. */
export function startServer(
  app: App,
  { host, port }: { readonly host: string; readonly port: number },
  log: Log,
): HttpServer {
  const served = listenOr({ host, port, names: SETTINGS }, () =>
    Bun.serve({
      hostname: host,
      port,
      development: false,
      // Without this the runtime shares the port: a leftover process would answer half of all requests.
      reusePort: false,
      maxRequestBodySize: MAX_REQUEST_BODY_BYTES,
      idleTimeout: IDLE_TIMEOUT_SECONDS,
      fetch: (request, server) =>
        app.fetch(request, {
          // Resolving the address costs more than a cached answer, so it is done on demand.
          get remoteAddress() {
            return server.requestIP(request)?.address;
          },
          limitIdle: (seconds) => server.timeout(request, seconds),
        }),
    }),
  );
  const { port: ownPort } = served;
  limitSockets(ownPort, log);
  // Bun considers a response finished when its last bytes are written, even if the kernel had no room for them, and its
  // connection idle. So no response may finish between making room for all of them and stopping.
  const stopGracefully = async (): Promise<void> => {
    const resume = app.pauseBodies();
    liftSocketLimits(ownPort, log);
    await systemClock.sleep(FLUSH_MS);
    const stopped = served.stop();
    resume();
    await stopped;
  };
  return {
    url: served.url,
    port: ownPort,
    stop: (closeActiveConnections = false) =>
      closeActiveConnections ? served.stop(true) : stopGracefully(),
    [Symbol.asyncDispose]: () => served.stop(true),
  };
}
