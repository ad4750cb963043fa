import { type AnswerEnd, endOf, HEAD_END } from "./answer-end.ts";

/** Keeps `connections` sockets busy with one request, or the next one, for `ms`; a client that costs less than a server. */
export async function requestsPerSecond(
  port: number,
  request: string | (() => string),
  load: { readonly connections: number; readonly ms: number },
): Promise<number> {
  const { count, seconds } = await answersWithin(port, request, load);
  return count / seconds;
}

/** The same, as the number of responses and the time they took: the last ones end after `ms`. */
export async function answersWithin(
  port: number,
  request: string | (() => string),
  load: { readonly connections: number; readonly ms: number },
): Promise<{ readonly count: number; readonly seconds: number }> {
  const next = typeof request === "string" ? always(Buffer.from(request)) : request;
  const startedMs = performance.now();
  const counts = await Promise.all(
    Array.from({ length: load.connections }, () => drive(port, next, startedMs + load.ms)),
  );
  const seconds = (performance.now() - startedMs) / 1000;
  return { count: counts.reduce((sum, count) => sum + count, 0), seconds };
}

function always(bytes: Buffer): () => Buffer {
  return () => bytes;
}

/** Sends, waits for the complete response, sends again. */
function drive(port: number, next: () => Buffer | string, untilMs: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let count = 0;
  let end: AnswerEnd | null = null;
  let head = Buffer.alloc(0);
  Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      open: (socket) => void socket.write(next()),
      data(socket, chunk) {
        let body = chunk;
        if (end === null) {
          head = Buffer.concat([head, chunk]);
          const headEnd = head.indexOf(HEAD_END);
          if (headEnd < 0) return;
          end = endOf(head.subarray(0, headEnd).toString("latin1"));
          body = head.subarray(headEnd + HEAD_END.length);
        }
        if (!end(body)) return;
        count += 1;
        end = null;
        head = Buffer.alloc(0);
        if (performance.now() < untilMs) socket.write(next());
        else socket.end();
      },
      close: () => resolve(count),
      error: (_, error) => reject(error),
      connectError: (_, error) => reject(error),
    },
  }).catch(reject);
  return promise;
}
