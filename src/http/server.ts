import { systemClock } from "../lib/clock.ts";
import { listenOr } from "../lib/listening.ts";
import type { Log } from "../lib/log.ts";
import type { App } from "./app.ts";
import { limitSockets, makeRoomInSockets } from "./protocol/socket-limits.ts";

/** The API takes no bodies; what arrives all the same is cut off early. */
const MAX_REQUEST_BODY_BYTES = 1024 * 1024;

/** A client that has sent nothing for this long is gone. */
const IDLE_TIMEOUT_SECONDS = 30;

/** In so many turns of the event loop what has got room is with the kernel; several, as one may be under way. */
const FLUSH_MS = 20;

export interface HttpServer extends AsyncDisposable {
  readonly url: URL;
  readonly port: number | undefined;
  /**
   * Takes no more connections and closes those that are idle; resolves when no answer is under way any more. None is
   * cut but for a reader who takes nothing.
   * With `closeActiveConnections` all are cut at once.
   */
  stop(closeActiveConnections?: boolean): Promise<void>;
}

const SETTINGS = { host: "HOST", port: "PORT" } as const;

/** Listens on `port` of `host`; 0 is any free port. Throws ListenFailure when it cannot. */
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
      // Outside of development the runtime would share the port: a forgotten process would answer half of all requests.
      reusePort: false,
      maxRequestBodySize: MAX_REQUEST_BODY_BYTES,
      idleTimeout: IDLE_TIMEOUT_SECONDS,
      fetch: (request, server) =>
        app.fetch(request, {
          // Looking the address up costs more than a cached answer: only who asks pays.
          get remoteAddress() {
            return server.requestIP(request)?.address;
          },
          limitIdle: (seconds) => server.timeout(request, seconds),
        }),
    }),
  );
  const { port: ownPort } = served;
  limitSockets(ownPort, log);
  // Bun counts an answer as over when its last bytes were written, also where the kernel had no room for them, and
  // takes its connection for idle. Nothing is over between the moment when there is room for all and the stop.
  const stopWhole = async (): Promise<void> => {
    const resume = app.pauseBodies();
    makeRoomInSockets(ownPort, log);
    await systemClock.sleep(FLUSH_MS);
    const stopped = served.stop();
    resume();
    await stopped;
  };
  return {
    url: served.url,
    port: ownPort,
    stop: (closeActiveConnections = false) =>
      closeActiveConnections ? served.stop(true) : stopWhole(),
    [Symbol.asyncDispose]: () => served.stop(true),
  };
}
