import { describe, expect, test } from "bun:test";
import { createLog } from "../../src/lib/log.ts";
import { LogOutput } from "../../src/lib/log-output.ts";
import { ManualClock } from "../support/manual-clock.ts";

const MAX_WAITING_BYTES = 1024 * 1024;
/** A reader may pause for minutes; longer than any wait of the output. */
const LONG_PAUSE_MS = 600_000;

/** A sink that accepts everything, some (`upTo` bytes each time) or nothing, or fails. */
class Outlet {
  readonly clock = new ManualClock();
  readonly output = new LogOutput({ clock: this.clock, write: (bytes) => this.#take(bytes) });
  readonly writes: string[] = [];
  upTo = Infinity;
  failure: Error | null = null;
  #resume: PromiseWithResolvers<void> | null = null;

  get text(): string {
    return this.writes.join("");
  }

  get lines(): string[] {
    return this.text.split("\n").slice(0, -1);
  }

  stop(): void {
    this.#resume = Promise.withResolvers<void>();
  }

  async resume(): Promise<void> {
    this.#resume?.resolve();
    this.#resume = null;
    await this.clock.advance(LONG_PAUSE_MS);
  }

  async #take(bytes: Uint8Array): Promise<number> {
    if (this.failure !== null) throw this.failure;
    const part = Buffer.from(bytes.subarray(0, this.upTo));
    await this.#resume?.promise;
    this.writes.push(part.toString());
    return part.length;
  }
}

const numbered = (n: number): string => `line ${n} ${"x".repeat(1_000)}`;
const noteOf = (line: string | undefined): unknown => JSON.parse(line ?? "null");

describe("the output of the log", () => {
  test("writes every line in order, including those of a log", async () => {
    const outlet = new Outlet();
    const log = createLog("info", outlet.output);
    for (let n = 0; n < 500; n += 1) log.info("event", { n });
    await outlet.output.flush();
    expect(outlet.lines.map((line) => JSON.parse(line).n)).toEqual(
      Array.from({ length: 500 }, (_, n) => n),
    );
    expect(outlet.output.dropped).toBe(0);
    expect(outlet.clock.sleeping).toBe(0);
  });

  test("has one write in progress and puts what arrives meanwhile into the next one", async () => {
    const outlet = new Outlet();
    outlet.stop();
    for (const line of ["a\n", "b\n", "c\n"]) outlet.output.write(line);
    await outlet.clock.advance(LONG_PAUSE_MS);
    expect(outlet.writes).toEqual([]);
    await outlet.resume();
    expect(outlet.writes).toEqual(["a\n", "b\nc\n"]);
  });

  test("drops what does not fit, counts it, and states it at the gap", async () => {
    const outlet = new Outlet();
    outlet.stop();
    const sent = 2_000;
    for (let n = 0; n < sent; n += 1) outlet.output.write(`${numbered(n)}\n`);
    const { dropped } = outlet.output;
    expect(dropped).toBeGreaterThan(sent - MAX_WAITING_BYTES / 1_000);
    expect(dropped).toBeLessThan(sent - MAX_WAITING_BYTES / 1_100);
    await outlet.resume();
    outlet.output.write("after\n");
    await outlet.output.flush();
    const written = sent - dropped;
    expect(outlet.lines.slice(0, written)).toEqual(
      Array.from({ length: written }, (_, n) => numbered(n)),
    );
    expect(noteOf(outlet.lines[written])).toEqual({
      level: "warn",
      time: expect.stringMatching(/^2026-11-02T12:/),
      event: "log_lines_dropped",
      lines: dropped,
      reason: "the log reader was too slow",
    });
    expect(outlet.lines.slice(written + 1)).toEqual(["after"]);
    expect(outlet.output.dropped).toBe(dropped);
  });

  test("reports dropped lines once writing resumes, without another line", async () => {
    const outlet = new Outlet();
    outlet.output.write("x".repeat(MAX_WAITING_BYTES + 1));
    await outlet.output.flush();
    expect(outlet.lines.map(noteOf)).toEqual([
      expect.objectContaining({ event: "log_lines_dropped", lines: 1 }),
    ]);
  });

  test("retries what could not be written, each line once, whatever part was accepted", async () => {
    const outlet = new Outlet();
    outlet.upTo = 7;
    const lines = Array.from({ length: 20 }, (_, n) => `line number ${n}`);
    for (const line of lines) outlet.output.write(`${line}\n`);
    await outlet.clock.advance(0);
    outlet.failure = new Error("ENOSPC: no space left on device, write");
    for (const line of lines) outlet.output.write(`${line}\n`);
    await outlet.clock.advance(LONG_PAUSE_MS);
    outlet.failure = null;
    await outlet.clock.advance(LONG_PAUSE_MS);
    expect(outlet.lines).toEqual([...lines, ...lines]);
    expect(outlet.output.dropped).toBe(0);
  });

  test("reports the cause if lines were lost because of it", async () => {
    const outlet = new Outlet();
    outlet.failure = new Error("ENOSPC: no space left on device, write");
    outlet.output.write("the first\n");
    await outlet.clock.advance(0);
    for (let n = 0; n < 2_000; n += 1) outlet.output.write(`${numbered(n)}\n`);
    await outlet.clock.advance(LONG_PAUSE_MS);
    outlet.failure = null;
    await outlet.clock.advance(LONG_PAUSE_MS);
    const note = outlet.lines.find((line) => line.includes("log_lines_dropped"));
    expect(noteOf(note)).toMatchObject({
      lines: outlet.output.dropped,
      reason: "ENOSPC: no space left on device, write",
    });
  });

  test("is awaited at the end, a second at most", async () => {
    const outlet = new Outlet();
    outlet.stop();
    outlet.output.write("the last line\n");
    let isOver = false;
    void outlet.output.flush().then(() => {
      isOver = true;
    });
    await outlet.clock.advance(900);
    expect(isOver).toBe(false);
    await outlet.clock.advance(200);
    expect(isOver).toBe(true);
  });
});
