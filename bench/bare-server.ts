/**
 * Responds to everything with the same bytes immediately: the cost of the machine and of measuring. `bare-server.ts
 * [BYTES] [PORT]`.
 */
const BYTES = 4_000;

if (import.meta.main) {
  const [bytes, wanted] = process.argv.slice(2).map(Number);
  const body = new Blob([new Uint8Array(bytes ?? BYTES)]);
  const { port } = Bun.serve({
    hostname: "127.0.0.1",
    port: wanted ?? 0,
    development: false,
    fetch: () => new Response(body),
  });
  process.send?.(port);
}
