import { connect } from "node:net";
import type { App } from "../../src/http/app.ts";

/** An application on a port of loopback, as the service runs it. */
export interface ServedApp {
  readonly port: number;
  readonly origin: string;
  [Symbol.asyncDispose](): Promise<void>;
}

export function serveApp(app: Pick<App, "fetch">): ServedApp {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    development: false,
    fetch: (request, self) =>
      app.fetch(request, {
        remoteAddress: self.requestIP(request)?.address,
        limitIdle: (seconds) => self.timeout(request, seconds),
      }),
  });
  return {
    port: server.port ?? 0,
    origin: server.url.origin,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

/** The response to one raw request: its status (0 if there was none), and everything that does not differ each time. */
export interface RawAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * Sends bytes unchanged and reads until the other side closes: the request has to ask for that. `localAddress` is the
 * address of loopback that it comes from.
 */
export function rawRequest(
  port: number,
  bytes: Buffer,
  localAddress = "127.0.0.1",
): Promise<RawAnswer> {
  const { promise, resolve } = Promise.withResolvers<RawAnswer>();
  const parts: Buffer[] = [];
  const socket = connect({ host: "127.0.0.1", port, localAddress }, () => socket.write(bytes));
  socket.on("data", (part) => parts.push(Buffer.from(part)));
  socket.on("error", () => {});
  socket.on("close", () => {
    const text = Buffer.concat(parts).toString("latin1");
    resolve({ status: Number(/^HTTP\/1\.[01] (\d+)/.exec(text)?.[1] ?? 0), text: lasting(text) });
  });
  return promise;
}

function lasting(text: string): string {
  return text
    .replaceAll(/^(?:date|x-request-id): .*\r\n/gim, "")
    .replaceAll(/"request_id":"[^"]*"/g, '"request_id":""');
}
