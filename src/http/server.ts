import { listenOr } from "../lib/listening.ts";
import type { Log } from "../lib/log.ts";
import type { App } from "./app.ts";
import { limitSockets } from "./socket-limits.ts";

/** The API takes no bodies; what arrives all the same is cut off early. */
const MAX_REQUEST_BODY_BYTES = 1024 * 1024;

/** A client that has sent nothing for this long is gone. */
const IDLE_TIMEOUT_SECONDS = 30;

const SETTINGS = { host: "HOST", port: "PORT" } as const;

/** Listens on `port` of `host`; 0 is any free port. Throws ListenFailure when it cannot. */
export function startServer(
  app: App,
  { host, port }: { readonly host: string; readonly port: number },
  log: Log,
): ReturnType<typeof Bun.serve> {
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
  limitSockets(served.port, log);
  return served;
}
