/** Keeps `connections` sockets busy with one request for `ms`; a client that costs less than a server. */
export async function requestsPerSecond(
  port: number,
  request: string,
  load: { readonly connections: number; readonly ms: number },
): Promise<number> {
  const bytes = Buffer.from(request);
  const startedMs = performance.now();
  const counts = await Promise.all(
    Array.from({ length: load.connections }, () => drive(port, bytes, startedMs + load.ms)),
  );
  const seconds = (performance.now() - startedMs) / 1000;
  return counts.reduce((sum, count) => sum + count, 0) / seconds;
}

/** Sends, waits for the whole answer, sends again. All answers of one server to one request are equally long. */
function drive(port: number, request: Buffer, untilMs: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let count = 0;
  let length = 0;
  let received = 0;
  let first = Buffer.alloc(0);
  Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      open: (socket) => void socket.write(request),
      data(socket, chunk) {
        received += chunk.byteLength;
        if (length === 0) {
          first = Buffer.concat([first, chunk]);
          length = answerLength(first);
          if (length === 0) return;
        }
        if (received < length) return;
        received -= length;
        count += 1;
        if (performance.now() < untilMs) socket.write(request);
        else socket.end();
      },
      close: () => resolve(count),
      error: (_, error) => reject(error),
      connectError: (_, error) => reject(error),
    },
  }).catch(reject);
  return promise;
}

/** Bytes of the answer that starts here, 0 while its head is not complete. */
function answerLength(start: Buffer): number {
  const headEnd = start.indexOf("\r\n\r\n");
  if (headEnd < 0) return 0;
  const head = start.subarray(0, headEnd).toString("latin1");
  const body = / 304 /.test(head.slice(0, 14)) ? 0 : /content-length: (\d+)/i.exec(head)?.[1];
  return headEnd + 4 + Number(body ?? 0);
}
