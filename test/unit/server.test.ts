import { expect, test } from "bun:test";
import { startServer } from "../../src/http/server.ts";
import { memoryLog } from "../support/memory-log.ts";

test("a port that is in use is refused, also where another service of this kind has it", async () => {
  const app = { fetch: () => new Response() };
  await using first = startServer(app, { host: "127.0.0.1", port: 0 }, memoryLog());
  const port = Number(first.port);
  expect(() => startServer(app, { host: "127.0.0.1", port }, memoryLog())).toThrow(
    expect.objectContaining({
      exitStatus: 1,
      cause: expect.objectContaining({ code: "EADDRINUSE" }),
    }),
  );
});
