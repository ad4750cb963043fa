import { beforeAll, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { chmodSync, chownSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { accountsFile } from "../../src/db/accounts/file.ts";
import { marketFile } from "../../src/db/market/file.ts";
import { ensureBuilt, SERVICE_SCRIPT } from "../support/built.ts";
import { startService, temporaryDatabasePath } from "../support/service.ts";
import { BAD_LOCKS, makeDatabase, REFUSED } from "../support/unusable-databases.ts";
import { LONG_MS } from "../support/patience.ts";

const ROOT = join(import.meta.dir, "../..");

/** An unprivileged user, for whom a read-only file is one even if root runs the tests. */
const NOBODY = 65_534;
const IS_ROOT = process.getuid?.() === 0;

beforeAll(ensureBuilt);

const COMMANDS = {
  service: [SERVICE_SCRIPT],
  accept: ["src/cli/main.ts", "accept", "okx"],
} as const satisfies Record<string, readonly string[]>;

/** Runs a command on the database at `path` to its end, as an unprivileged user if `asNobody`. */
async function run(command: readonly string[], path: string, asNobody = false) {
  const identity = asNobody && IS_ROOT ? { uid: NOBODY, gid: NOBODY } : {};
  const child = spawn(process.execPath, [...command], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"] ?? "", HOST: "127.0.0.1", PORT: "0", DATABASE_PATH: path },
    stdio: ["ignore", "pipe", "pipe"],
    ...identity,
  });
  let text = "";
  for (const output of [child.stdout, child.stderr])
    output.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { status, lines: text.trimEnd().split("\n") };
}

describe.each(Object.entries(COMMANDS))("%s with a database", (_name, command) => {
  // Every reason is tested in test/unit/start-database: here it is how a process ends, for one of each kind.
  test.each(REFUSED.slice(0, 2))(
    "%s ends with status 3 and one line",
    async (_, make, words) => {
      using temporary = temporaryDatabasePath();
      make(marketFile(temporary.path));
      const { status, lines } = await run(command, temporary.path);
      expect([status, lines]).toEqual([3, [expect.stringMatching(words)]]);
    },
    LONG_MS,
  );

  test.each(BAD_LOCKS.slice(0, 1))(
    "with %s next to it, which is %s, ends with status 3 and one line",
    async (_, suffix, make) => {
      using temporary = temporaryDatabasePath();
      makeDatabase(marketFile(temporary.path));
      make(temporary.path + suffix);
      const { status, lines } = await run(command, temporary.path);
      expect([status, lines]).toEqual([
        3,
        [expect.stringContaining("the lock file must be an empty file")],
      ]);
    },
    LONG_MS,
  );

  test.each([
    ["file", 0o444, 0o777, /cannot be read and written; give this user access/],
    [
      "folder",
      0o666,
      0o555,
      /its folder \S+ cannot be created or written; give this user write access/,
    ],
  ] as const)(
    "in a %s that is read-only ends with status 3 and one line",
    async (_, fileMode, folderMode, words) => {
      using temporary = temporaryDatabasePath();
      makeDatabase(marketFile(temporary.path));
      const folder = dirname(temporary.path);
      if (IS_ROOT) chownSync(temporary.path, NOBODY, NOBODY);
      chmodSync(temporary.path, fileMode);
      chmodSync(folder, folderMode);
      const { status, lines } = await run(command, temporary.path, true);
      chmodSync(folder, 0o755);
      expect([status, lines]).toEqual([3, [expect.stringMatching(words)]]);
    },
    LONG_MS,
  );
});

test(
  "the service with a damaged accounts file ends with status 3 and one line that names it",
  async () => {
    using temporary = temporaryDatabasePath();
    makeDatabase(marketFile(temporary.path));
    const { path } = accountsFile(temporary.path);
    writeFileSync(path, "hello ".repeat(1_000));
    const { status, lines } = await run(COMMANDS.service, temporary.path);
    expect([status, lines]).toEqual([
      3,
      [
        expect.stringContaining(
          `database ${path}: it is damaged or not an SQLite database; restore`,
        ),
      ],
    ]);
  },
  LONG_MS,
);

test(
  "the service with an empty database and lock files starts anew and warns",
  async () => {
    using temporary = temporaryDatabasePath();
    writeFileSync(temporary.path, "");
    writeFileSync(`${temporary.path}.collector-lock`, "");
    await using service = await startService({
      DATABASE_PATH: temporary.path,
      EXCHANGE_ORIGIN: "http://127.0.0.1:9",
    });
    expect(service.log()).toContain(
      `database ${temporary.path} is empty, although a service has run on it`,
    );
  },
  LONG_MS,
);
