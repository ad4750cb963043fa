import { connect, type Socket } from "node:net";

/** One GET on a separate connection, read as slowly as the test wants. */
export interface SlowReader {
  /** Resolves when the request has been handed to the system. */
  readonly sent: Promise<void>;
  /** Reads what has arrived and continues, to the end or for this many more bytes. */
  read(bytes?: number): void;
  /**
   * Resolves when the connection has ended: with the reason why the answer is not a complete one of status 200, or
   * null.
   */
  readonly flaw: Promise<string | null>;
  close(): void;
}

/** Requests `path` from `origin`; nothing is read before `read` is called. */
export function askSlowly(origin: string, path: string, encoding = "identity"): SlowReader {
  const { hostname, port, host } = new URL(origin);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.pause();
  const chunks: Buffer[] = [];
  let failure: string | null = null;
  let leftBytes = 0;
  socket.on("data", (chunk) => {
    chunks.push(Buffer.from(chunk));
    leftBytes -= chunk.length;
    if (leftBytes <= 0) socket.pause();
  });
  socket.on("error", (error) => (failure = error.message));
  const headers = [`Host: ${host}`, `Accept-Encoding: ${encoding}`, "Connection: close"];
  const request = [`GET ${path} HTTP/1.1`, ...headers, "", ""].join("\r\n");
  return {
    sent: written(socket, request),
    read(bytes = Number.POSITIVE_INFINITY) {
      leftBytes = bytes;
      socket.resume();
    },
    flaw: ended(socket).then(() => failure ?? flawOf(Buffer.concat(chunks).toString("latin1"))),
    close: () => socket.destroy(),
  };
}

function written(socket: Socket, request: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.write(request, () => resolve());
  });
}

function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once("close", () => resolve());
  });
}

/** An announced length must be kept; a chunked body ends with an empty chunk. */
function flawOf(answer: string): string | null {
  if (answer === "") return "nothing came";
  const split = answer.indexOf("\r\n\r\n");
  const [head, body] = [answer.slice(0, split), answer.slice(split + "\r\n\r\n".length)];
  if (!/^HTTP\/1.1 200 /.test(head)) return head.split("\r\n")[0] ?? "no status";
  const length = /^content-length: (\d+)$/im.exec(head)?.[1];
  if (length === undefined) return body.endsWith("0\r\n\r\n") ? null : "the last chunk is missing";
  return body.length === Number(length) ? null : `${body.length} bytes of ${length}`;
}
