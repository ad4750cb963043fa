import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { z } from "zod";
import { committedText, linesWith } from "./support/committed-text.ts";

const ROOT = join(import.meta.dir, "..");

const Manifest = z.object({
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.record(z.string(), z.string()),
  scripts: z.unknown().optional(),
  trustedDependencies: z.unknown().optional(),
  patchedDependencies: z.record(z.string(), z.string()),
});

const FILES = await committedText();
const textOf = (path: string): string => FILES.get(path) ?? "";
const MANIFEST = Manifest.parse(JSON.parse(textOf("package.json")));
const VERSIONS = { ...MANIFEST.dependencies, ...MANIFEST.devDependencies };

// Spelled so that this file does not match itself.
const UNFINISHED_TEST = new RegExp(
  `\\b(test|describe|it)\\.(${["only", "skip", "todo"].join("|")})\\b`,
);

describe("the committed files", () => {
  test("contain no test that is skipped or runs alone", () => {
    const tests = new Map([...FILES].filter(([path]) => path.startsWith("test/")));
    expect(linesWith(tests, UNFINISHED_TEST)).toEqual([]);
  });

  test("contain no database, log or settings file", () => {
    const unwanted = [...FILES.keys()].filter((path) =>
      /\.(db|db-wal|db-shm|log)$|(^|\/)\.env$/.test(path),
    );
    expect(unwanted).toEqual([]);
  });

  test("a planted test that runs alone is found", () => {
    const planted = ["test", 'only("one")'].join(".");
    expect(linesWith(new Map([["a.md", `first\n${planted}\n`]]), UNFINISHED_TEST)).toEqual([
      "a.md:2",
    ]);
  });
});

describe("the manifest", () => {
  test("pins every version exactly", () => {
    const loose = Object.entries(VERSIONS).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
    );
    expect(Object.keys(VERSIONS).length).toBeGreaterThan(0);
    expect(loose).toEqual([]);
  });

  test("agrees with the lock file", () => {
    const lock = textOf("bun.lock");
    const missing = Object.entries(VERSIONS).filter(([name, version]) => {
      return !lock.includes(`"${name}": ["${name}@${version}"`);
    });
    expect(missing).toEqual([]);
  });

  test("lets only one package run an install script: Bun, which places its binary", () => {
    expect(MANIFEST.trustedDependencies).toEqual(["bun"]);
  });

  test("patches the versions that it pins, with files that are there", () => {
    const pinned = new Set(Object.entries(VERSIONS).map(([name, version]) => `${name}@${version}`));
    const patches = Object.entries(MANIFEST.patchedDependencies);
    expect(patches.filter(([version, path]) => !pinned.has(version) || !FILES.has(path))).toEqual(
      [],
    );
  });

  test("has no script that would shadow a command of Bun", () => {
    expect(MANIFEST.scripts).toBeUndefined();
  });
});

describe("the Makefile", () => {
  /** What `make` prints for `args`, with `extra` added to the Makefile. */
  function make(extra: string, ...args: string[]): string {
    const { exitCode, stdout, stderr } = Bun.spawnSync(
      ["make", "--no-print-directory", "-f", "Makefile", "-f", "-", ...args],
      // Not the flags of the make that may have started this test.
      { cwd: ROOT, stdin: Buffer.from(extra), env: { ...process.env, MAKEFLAGS: "" } },
    );
    expect(exitCode, stderr.toString()).toBe(0);
    return stdout.toString();
  }

  test("installs without the list of packages and of blocked scripts, and explains that in one line", () => {
    const recipe = make("", "-n", "-B", `node_modules/.installed-${VERSIONS["bun"]}`);
    const installs = recipe.split("\n").filter((line) => line.includes("install --frozen"));
    expect(installs.length).toBe(2);
    for (const line of installs) expect(line).toContain("--no-summary");
    expect(recipe).toContain("only Bun may run an install script");
  });

  test("takes its Bun version from the manifest, the one that runs this test", () => {
    const pinned = make("print:\n\t@echo '$(BUN_VERSION)'\n", "print").trim();
    expect(pinned).toBe(MANIFEST.devDependencies["bun"] ?? "");
    expect(pinned).toBe(Bun.version);
  });

  test("lists its targets, one line each, when called without one", () => {
    const targets = make("")
      .trimEnd()
      .split("\n")
      .map((line) => /^ {2}make (\w+) +\S/.exec(line)?.[1]);
    const known = "help demo run build test timings check fmt docs exchange bench soak";
    expect(targets.join(" ")).toBe(known);
  });
});
