import { describe, expect, test } from "bun:test";
import { answerDifferences } from "../../bench/answer-differences.ts";
import { aimsTable, documentOf, measurementsOf } from "../../bench/document.ts";
import { atLeast, atMost, note, plain, table } from "../../bench/figure.ts";
import { cpuSeconds, cpuSecondsOf, residentMb, residentMbOf } from "../../bench/process-usage.ts";
import { stepsOf } from "../../bench/steps.ts";

describe("figures", () => {
  test("a figure with an aim shows whether it is met, and one that could not be measured shows why", () => {
    const lines = table([
      atLeast("ratio", 0.5, "x", 0.6),
      atMost("start", 249.6, "ms", 250),
      plain("rate", 12_345.6, "1/s"),
      note("Flask: skipped", "needs python3-flask"),
    ]).split("\n");
    expect(lines.slice(2)).toEqual([
      "| ratio | 0.5 x | at least 0.6 | **no** |",
      "| start | 250 ms | at most 250 | yes |",
      "| rate | 12,346 1/s |  |  |",
      "| Flask: skipped | needs python3-flask |  |  |",
    ]);
  });
});

describe("the document", () => {
  const start = "2026-11-29, Bun 1.4.5.\n\n" + table([atMost("first row", 300, "ms", 250)]) + "\n";
  const idle = `2026-11-30, Bun 1.4.5.\n\n${table([
    plain("seconds", 60, "s"),
    atMost("CPU", 50, "s", 60),
  ])}\n`;
  const measured = new Map([
    ["Idle", idle],
    ["Start", start],
  ]);
  const sections = {
    start: { title: "Start", about: "From the start to the first row." },
    idle: { title: "Idle", about: "Without requests." },
    steps: { title: "Steps", about: "Seen by a probe." },
  };

  test("written figures are read back by section, without the text above them", () => {
    expect([...measurementsOf(documentOf(sections, measured))]).toEqual([
      ["Start", start],
      ["Idle", idle],
    ]);
  });

  test("each section states how it is measured and run alone, and whether it was measured", () => {
    const document = documentOf(sections, measured);
    expect(document).toContain(
      "## Start\n\nFrom the start to the first row. Run it alone: `make bench SECTIONS=start`.\n\n2026-11-29, Bun",
    );
    expect(document).toContain(
      "## Steps\n\nSeen by a probe. Run it alone: `make bench SECTIONS=steps`.\n\nNot measured yet.\n",
    );
  });

  test("all aims are in one table, missed ones first, each with its section and day", () => {
    const aims = [
      "1 of 2 are met.",
      "",
      "| section | what | measured | aim | met | day |",
      "| --- | --- | --- | --- | --- | --- |",
      "| Start | first row | 300 ms | at most 250 | **no** | 2026-11-29 |",
      "| Idle | CPU | 50 s | at most 60 | yes | 2026-11-30 |",
      "",
    ].join("\n");
    expect(aimsTable(measured)).toBe(aims);
    expect(documentOf(sections, measured)).toContain(`## All aims\n\n${aims}`);
  });

  test("a table aligned by the formatter is read as well", () => {
    const aligned =
      "2026-11-29, Bun.\n\n| what  | measured | aim        | met    |\n| --- | --- | --- | --- |\n| row   | 3 ms     | at most 2  | **no** |\n";
    expect(aimsTable(new Map([["S", aligned]]))).toContain(
      "| S | row | 3 ms | at most 2 | **no** | 2026-11-29 |",
    );
  });
});

describe("two answers to one query", () => {
  const ours = { total: 2, rows: [{ uid: "a", rate: 0.1 + 0.2, flags: ["thin"], note: null }] };

  test("are equal if numbers differ only by rounding", () => {
    const theirs = { total: 2, rows: [{ uid: "a", rate: 0.3, flags: ["thin"], note: null }] };
    expect(answerDifferences(ours, theirs)).toEqual([]);
  });

  test("differ in a number, a text, an absent field, a missing flag, and null instead of 0", () => {
    const theirs = { total: 2, rows: [{ rate: 0.300001, flags: [], note: 0 }] };
    expect(answerDifferences(ours, theirs)).toEqual([
      '.rows[0].uid: "a", theirs absent',
      ".rows[0].rate: 0.30000000000000004, theirs 0.300001",
      ".rows[0].flags: 1 members, theirs 0 members",
      ".rows[0].note: null, theirs 0",
    ]);
  });

  test("differ if one has fewer rows, whatever fields are compared", () => {
    const differences = answerDifferences(ours, { total: 2, rows: [] }, new Set(["rows"]));
    expect(differences).toEqual([".rows: 1 members, theirs 0 members"]);
  });

  test("are compared by the named fields only, at every depth", () => {
    const theirs = { total: 3, rows: [{ uid: "b", rate: 0.3 }] };
    expect(answerDifferences(ours, theirs, new Set(["rows", "rate"]))).toEqual([]);
  });
});

describe("the kernel's statistics of a process", () => {
  test("CPU is user plus system time, whatever the program's name contains", () => {
    const line = "42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 250 50 7 7 20 0 9 0 100 1 1";
    expect(cpuSecondsOf(line)).toBe(3);
  });

  test("resident memory is in MB of a million bytes", () => {
    expect(residentMbOf("Name:\tbun\nVmHWM:\t  200000 kB\nVmRSS:\t  125000 kB\n")).toBe(128);
  });

  test("both can be read for the current process", () => {
    expect(cpuSeconds(process.pid)).toBeGreaterThan(0);
    expect(residentMb(process.pid)).toBeGreaterThan(10);
  });
});

describe("the longest step of a server", () => {
  /** Answers immediately, except for what `eachTime` does every 100 ms. */
  async function server(eachTime: string) {
    const started = Promise.withResolvers<number>();
    const script = `
      const { port } = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("ok") });
      setInterval(() => { ${eachTime} }, 100);
      process.send(port);`;
    const child = Bun.spawn([process.execPath, "-e", script], {
      ipc: (port: number) => started.resolve(port),
      stderr: "inherit",
    });
    return {
      origin: `http://127.0.0.1:${await started.promise}`,
      pid: child.pid,
      async [Symbol.asyncDispose]() {
        child.kill();
        await child.exited;
      },
    };
  }

  const WATCHED_MS = 1_000;

  test("is the thread's work while a request waits", async () => {
    const works = "const used = process.cpuUsage(); while (process.cpuUsage(used).user < 60_000);";
    await using busy = await server(works);
    const longest = Math.max(...(await stepsOf(busy, WATCHED_MS)));
    expect(longest).toBeGreaterThan(6);
  });

  test("does not include time in which the thread waits, however long a request waits with it", async () => {
    await using waiting = await server("Bun.sleepSync(600)");
    const longest = Math.max(...(await stepsOf(waiting, WATCHED_MS)));
    expect(longest).toBeLessThan(60);
  });
});
