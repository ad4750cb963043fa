/**
 * Answers whatever it is asked with the same bytes at once: what the machine and the measuring cost.
 * `bare-server.ts [BYTES] [PORT]`.
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
