import { expect, test } from "bun:test";
import { join } from "node:path";

const UNIT = await Bun.file(join(import.meta.dir, "../../systemd/funding-finder.service")).text();

/** The value of a runtime option in the unit file. */
function inUnit(name: string): string {
  const [, value] = new RegExp(`^Environment=${name}=(.*)$`, "m").exec(UNIT) ?? [];
  if (value === undefined) throw new Error(`the unit does not set ${name}`);
  return value;
}

/** How many garbage collections the installed runtime starts while it runs `program`. */
async function collections(program: string, options: Record<string, string>): Promise<number> {
  const child = Bun.spawn([process.execPath, "--no-env-file", "-e", program], {
    env: { PATH: process.env["PATH"] ?? "", BUN_JSC_logGC: "1", ...options },
    stdout: "ignore",
    stderr: "pipe",
  });
  const [text, status] = await Promise.all([child.stderr.text(), child.exited]);
  expect(status).toBe(0);
  return text.split("START ").length - 1;
}

test("the runtime honours the memory that the unit reports: it collects more often", async () => {
  // 30 MB are retained; 200 MB become garbage.
  const program = `
    const retained = Array.from({ length: 400_000 }, (_item, index) => ({ index, list: [index] }));
    for (let round = 0; round < 60; round += 1)
      Array.from({ length: 40_000 }, (_item, index) => ({ index, list: [index] }));
    if (retained.length === 0) throw new Error("nothing was retained");
  `;
  const untimed = { BUN_GC_TIMER_DISABLE: "1" };
  const usual = await collections(program, untimed);
  const bounded = await collections(program, {
    ...untimed,
    BUN_JSC_forceRAMSize: inUnit("BUN_JSC_forceRAMSize"),
  });
  expect(usual).toBeGreaterThan(0);
  expect(bounded).toBeGreaterThan(usual);
});

test("the runtime honours how often the unit lets it collect by the clock", async () => {
  const name = "BUN_GC_TIMER_INTERVAL";
  // Less than the interval of the unit, many of the other.
  const program = "await Bun.sleep(500);";
  expect(await collections(program, { [name]: "20" })).toBeGreaterThan(0);
  expect(await collections(program, { [name]: inUnit(name) })).toBe(0);
});

test("the runtime honours how late the unit lets it compile", async () => {
  /** How many calls of a function it takes until its optimised code is ready. */
  const calls = async (options: Record<string, string>): Promise<number> => {
    const program = `
      const { numberOfDFGCompiles } = require("bun:jsc");
      const often = (value) => { let sum = 0; for (let n = 0; n < 3; n += 1) sum += value * n; return sum; };
      let calls = 0;
      for (; numberOfDFGCompiles(often) === 0 && calls < 20_000; calls += 1) {
        often(calls);
        // The code is made by another thread.
        if (calls % 16 === 0) Bun.sleepSync(10);
      }
      console.log(calls);
    `;
    const child = Bun.spawn([process.execPath, "--no-env-file", "-e", program], {
      env: { PATH: process.env["PATH"] ?? "", ...options },
      stderr: "inherit",
    });
    const [text, status] = await Promise.all([child.stdout.text(), child.exited]);
    expect(status).toBe(0);
    return Number(text);
  };
  const names = ["BUN_JSC_thresholdForJITAfterWarmUp", "BUN_JSC_thresholdForJITSoon"];
  const late = Object.fromEntries(names.map((name) => [name, inUnit(name)]));
  expect(await calls(late)).toBeGreaterThan(1.5 * (await calls({})));
});
