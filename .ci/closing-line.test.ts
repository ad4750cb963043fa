import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");

function closingLine(output: string, status: number): string {
  const { stdout } = Bun.spawnSync(
    ["awk", "-v", `status=${status}`, "-f", ".ci/closing-line.awk"],
    { cwd: ROOT, stdin: Buffer.from(output) },
  );
  return stdout.toString();
}

describe("the closing line of a run", () => {
  test("counts what the runner counted", () => {
    const output = "(pass) rows [1ms]\n\n 12 pass\n 0 fail\n 99 expect() calls\n";
    expect(closingLine(output, 0)).toBe("12 passed, 0 failed\n");
  });

  test("names skipped tests only when there are any", () => {
    expect(closingLine(" 3 pass\n 2 skip\n 1 todo\n 0 fail\n", 0)).toBe(
      "3 passed, 0 failed, 3 skipped\n",
    );
  });

  test("ignores colours and the output of runs started by a failed test", () => {
    const output =
      " 3 pass\n 1 skip\n 2 fail\n\u001b[32m 4 pass\u001b[0m\n\u001b[31m 1 fail\u001b[0m\n";
    expect(closingLine(output, 1)).toBe("4 passed, 1 failed\n");
  });

  test("never reports zero failures for a failed run", () => {
    expect(closingLine("27 files need formatting.\n", 2)).toBe("0 passed, 1 failed\n");
    expect(closingLine(" 5 pass\n 0 fail\n 1 error\n", 1)).toBe("5 passed, 1 failed\n");
  });
});

describe("a run in several processes", () => {
  let folder = "";

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "closing-line-"));
    for (const name of ["one", "two", "three"])
      writeFileSync(join(folder, `${name}.test.ts`), file('test("passes", () => {});'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const file = (body: string): string => `import { test } from "bun:test";\n${body}\n`;

  function run(): { readonly status: number; readonly line: string } {
    const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, "test", "--parallel=2"], {
      cwd: folder,
      env: { PATH: process.env["PATH"] ?? "" },
    });
    const output = stdout.toString() + stderr.toString();
    return { status: exitCode, line: closingLine(output, exitCode).trim() };
  }

  test("in which everything passes", () => {
    expect(run()).toEqual({ status: 0, line: "3 passed, 0 failed" });
  });

  test.each([
    ["a test that fails", 'test("fails", () => { throw new Error("bad"); });'],
    ["a file that throws when it is imported", 'throw new Error("bad");'],
    ["a process that is killed", 'test("ends", () => process.kill(process.pid, "SIGKILL"));'],
    ["a test that exits the process with status 0", 'test("ends", () => process.exit(0));'],
    ["a file that cannot be read", "test("],
  ])("with %s fails and counts it", (_, body) => {
    writeFileSync(join(folder, "bad.test.ts"), file(body));
    expect(run()).toEqual({ status: 1, line: "3 passed, 1 failed" });
  });
});
