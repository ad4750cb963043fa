import { beforeAll, describe, expect, test } from "bun:test";
import { closeSync, cpSync, existsSync, openSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ensureBuilt, SERVICE_SCRIPT } from "../support/built.ts";
import { LONG_MS } from "../support/patience.ts";
import { startService, temporaryDatabasePath } from "../support/service.ts";

const ROOT = join(import.meta.dir, "../..");

/** A documentation address (RFC 5737), which no machine has. */
const FOREIGN_ADDRESS = "192.0.2.7";

beforeAll(ensureBuilt);

/** Runs one of our programs to its end. */
async function run(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
  { stdout = "pipe", cwd = ROOT }: { stdout?: "pipe" | number; cwd?: string } = {},
) {
  const child = Bun.spawn([process.execPath, ...command], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", stdout, "pipe"],
  });
  const texts = [child.stdout, child.stderr].map((stream) =>
    stream instanceof ReadableStream ? new Response(stream).text() : "",
  );
  const text = (await Promise.all(texts)).join("");
  return { status: await child.exited, lines: text.trimEnd().split("\n") };
}

/** A program that listens on a loopback port. */
function otherProgram() {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  return { port: `${server.port}`, [Symbol.dispose]: () => void server.stop(true) };
}

describe("one line and no trace:", () => {
  test(
    "the service on a port that another program holds, status 1: the other one may end",
    async () => {
      using database = temporaryDatabasePath();
      using other = otherProgram();
      const { status, lines } = await run([SERVICE_SCRIPT], {
        DATABASE_PATH: database.path,
        PORT: other.port,
      });
      const words = `PORT: another program is listening on 127.0.0.1:${other.port}; stop it or choose another PORT`;
      expect([status, lines]).toEqual([1, [words]]);
    },
    LONG_MS,
  );

  test(
    "the service on an address that this machine does not have, status 1: it may come later",
    async () => {
      using database = temporaryDatabasePath();
      const { status, lines } = await run([SERVICE_SCRIPT], {
        DATABASE_PATH: database.path,
        HOST: FOREIGN_ADDRESS,
      });
      const words = `HOST: this machine has no address ${FOREIGN_ADDRESS}; choose`;
      expect([status, lines]).toEqual([1, [expect.stringContaining(words)]]);
    },
    LONG_MS,
  );

  test.each([
    ["FF_CONFIG", "a folder", /^ {2}FF_CONFIG: \S+: cannot be read$/],
    ["FF_CONFIG", "missing", /^ {2}FF_CONFIG: \S+: cannot be read$/],
    ["FF_CONFIG", "junk", /^ {2}FF_CONFIG: \S+: is not valid TOML/],
    ["FEES_FILE", "a folder", /^ {2}FEES_FILE: \S+ cannot be read$/],
    ["FEES_FILE", "missing", /^ {2}FEES_FILE: \S+ cannot be read$/],
    ["FEES_FILE", "junk", /^ {2}FEES_FILE: \S+ is not valid TOML$/],
    ["HOST", "a colon", /^HOST: nothing can listen on :; choose an address of this machine/],
  ])(
    "the service with a %s that is %s, status 2",
    async (setting, kind, words) => {
      using database = temporaryDatabasePath();
      const folder = dirname(database.path);
      const junk = join(folder, "junk.toml");
      writeFileSync(junk, Buffer.from([0, 0xff, 0x5b, 0x5b]));
      const values: Record<string, string> = {
        "a folder": folder,
        missing: join(folder, "missing.toml"),
        junk,
        "a colon": ":",
      };
      const { status, lines } = await run([SERVICE_SCRIPT], {
        DATABASE_PATH: database.path,
        PORT: "0",
        [setting]: values[kind] ?? "",
      });
      expect(status).toBe(2);
      expect(lines.filter((line) => line !== "The configuration is invalid:")).toEqual([
        expect.stringMatching(words),
      ]);
    },
    LONG_MS,
  );

  test.each([[["src/main.ts"]], [["src/cli/main.ts", "accept", "okx"]]])(
    "%p without its migrations, status 2",
    async (command) => {
      using database = temporaryDatabasePath();
      writeFileSync(database.path, "");
      const copy = dirname(database.path);
      for (const part of ["src", "package.json", "tsconfig.json"])
        cpSync(join(ROOT, part), join(copy, part), { recursive: true });
      symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
      const { status, lines } = await run(
        command,
        { DATABASE_PATH: database.path, PORT: "0" },
        { cwd: copy },
      );
      const words = `${join(copy, "migrations/market")} is missing; it is part of this program`;
      expect([status, lines]).toEqual([2, [expect.stringContaining(words)]]);
    },
    LONG_MS,
  );

  test.each([
    [["--port", "abc"], "--port: must be a whole number up to 65535"],
    [["--scale", "many"], "--scale: must be a number up to 10"],
    [["--history-limit-factor=-1"], "--history-limit-factor: must be a number up to 1000"],
    [["--unknown"], "Unknown option '--unknown'"],
  ])(
    "the simulator with %p, status 2",
    async (args, words) => {
      const { status, lines } = await run(["src/simulator/main.ts", ...args]);
      expect([status, lines]).toEqual([2, ["The configuration is invalid:", `  ${words}`]]);
    },
    LONG_MS,
  );

  test(
    "the simulator on a port that another program holds, status 1",
    async () => {
      using other = otherProgram();
      const { status, lines } = await run(["src/simulator/main.ts", "--port", other.port]);
      const words = `--port: another program is listening on 127.0.0.1:${other.port}; stop it or choose another --port`;
      expect([status, lines]).toEqual([1, [words]]);
    },
    LONG_MS,
  );

  test(
    "the demo on such a port, and on an address that this machine does not have, status 1",
    async () => {
      using other = otherProgram();
      const taken = await run(["scripts/demo.ts"], { PORT: other.port });
      const words = `demo: PORT: another program is listening on 127.0.0.1:${other.port}; stop it or choose another PORT (as in PORT=8090 make demo)`;
      expect([taken.status, taken.lines]).toEqual([1, [words]]);
      const elsewhere = await run(["scripts/demo.ts"], { PORT: "0", HOST: FOREIGN_ADDRESS });
      expect([elsewhere.status, elsewhere.lines]).toEqual([
        1,
        [expect.stringContaining(`demo: HOST: this machine has no address ${FOREIGN_ADDRESS};`)],
      ]);
    },
    LONG_MS,
  );

  // Exists on Linux; other systems have no disk that is always full.
  if (existsSync("/dev/full"))
    test(
      "a command whose output goes to a full disk, status 1",
      async () => {
        const full = openSync("/dev/full", "w");
        const { status, lines } = await run(["src/cli/main.ts", "help"], {}, { stdout: full });
        closeSync(full);
        expect([status, lines]).toEqual([
          1,
          [expect.stringMatching(/^standard output cannot be written: ENOSPC/)],
        ]);
      },
      LONG_MS,
    );
});

test(
  "an invalid NOTIFY_SOCKET causes a warning, and the service starts",
  async () => {
    using database = temporaryDatabasePath();
    await using service = await startService({
      DATABASE_PATH: database.path,
      EXCHANGE_ORIGIN: "http://127.0.0.1:9",
      NOTIFY_SOCKET: "junk",
      WATCHDOG_USEC: "junk",
    });
    expect(service.log()).toContain('"event":"service_manager_unreachable"');
    expect((await fetch(`${service.origin}/livez`)).status).toBe(200);
  },
  LONG_MS,
);
