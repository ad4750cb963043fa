import { expect, test } from "bun:test";
import { startServer } from "../../src/http/server.ts";
import { memoryLog } from "../support/memory-log.ts";
import { isListening } from "../support/paced-reader.ts";

test("a port in use is refused, also if another service of this kind has it", async () => {
  const app = { fetch: () => new Response(), pauseBodies: () => () => {} };
  await using first = startServer(app, { host: "127.0.0.1", port: 0 }, memoryLog());
  const port = Number(first.port);
  expect(() => startServer(app, { host: "127.0.0.1", port }, memoryLog())).toThrow(
    expect.objectContaining({
      exitStatus: 1,
      cause: expect.objectContaining({ code: "EADDRINUSE" }),
    }),
  );
});

test("chunked answers pause once there is room for their remainder, until no more are accepted", async () => {
  const steps: string[] = [];
  const app = {
    fetch: () => new Response(),
    pauseBodies: () => {
      steps.push("held");
      return () => void steps.push(`go on, ${isListening(port) ? "others may come" : "the last"}`);
    },
  };
  const server = startServer(app, { host: "127.0.0.1", port: 0 }, memoryLog());
  const port = Number(server.port);
  expect(isListening(port)).toBe(true);
  await server.stop();
  expect(steps).toEqual(["held", "go on, the last"]);
});
