import { expect, test } from "bun:test";
import { readableLine, relayLines } from "../../scripts/demo-lines.ts";

const LOGGED =
  '{"level":"warn","time":"2026-11-29T18:27:03.893Z","part":"collector","exchange":"okx","rows":367,"reason":"timeout: 27 are late","event":"exchange_degraded"}';
const SAID = "18:27:03 okx: exchange degraded, rows 367, reason timeout: 27 are late";

test("a log line is rendered as text", () => {
  expect(readableLine(LOGGED)).toBe(SAID);
  expect(
    readableLine('{"level":"error","time":"2026-11-29T18:27:03.893Z","event":"start_failed"}'),
  ).toBe("18:27:03 start failed");
});

test.each(["exchange simulator: http://127.0.0.1:1", "", "{", "{}", "[1]", '{"event":1}'])(
  "%p is not a log line and is not changed",
  (line) => {
    expect(readableLine(line)).toBe(line);
  },
);

test("lines are split correctly however their bytes arrive", async () => {
  const bytes = new TextEncoder().encode(`${LOGGED}\nplain ä\n${LOGGED}`);
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 7) controller.enqueue(bytes.slice(at, at + 7));
      controller.close();
    },
  });
  const written: string[] = [];
  await relayLines(stream, (line) => written.push(line));
  expect(written).toEqual([SAID, "plain ä", SAID]);
});
