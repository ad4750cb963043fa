/**
 * The service on simulated exchanges, for a first look: `bun scripts/demo.ts`.
 * Starts the simulator, before the first start writes the past (scripts/demo-past.ts), then starts the service, prints
 * the address to open and a readable log, and stops both on SIGINT, SIGTERM or SIGHUP (status 0) or when one of them dies
 * (status 1).
 * PORT (8083), HOST, DATABASE_PATH (data/demo.db) and BACKFILL_DAYS (14) are the service's, DEMO_PORT the simulator's;
 * port 0 is any free one.
 */
import { createServer } from "node:net";
import { join } from "node:path";
import { listenFailure } from "../src/lib/listening.ts";
import { demoEnvironment } from "./demo-environment.ts";
import { relayLines } from "./demo-lines.ts";
import { PAST_DAYS } from "./demo-past/moments.ts";

const ROOT = join(import.meta.dir, "..");
const LOOPBACK = "127.0.0.1";
const DEFAULT_PORT = 8083;
const MAX_PORT = 65_535;
/** Below the ports that Linux gives to outgoing connections: one that is free now is free when the service listens. */
const ANY_PORT = { from: 10_000, below: 32_768 } as const;
const MAX_TRIES = 20;

/**
 * The simulated exchanges answer requests for their history this much faster than the real ones permit, and they are
 * asked as much faster: the 14 days of the 100 largest assets take 40,000 requests, two thirds of them to one exchange
 * that needs one for each hour, and should be complete within two minutes.
 */
const HISTORY_LIMIT_FACTOR = 100;

/** A cold machine compiles and migrates in a second or two; past this something is wrong. */
const READY_WITHIN_MS = 60_000;
const ASK_EVERY_MS = 50;
/** Time-out of one probe: it must not outlast a start that hangs. */
const ANSWER_WITHIN_MS = 2_000;
/** The service may finish its answers for as long as the unit file allows; then it is killed. */
const END_WITHIN_MS = 25_000;

interface Outcome {
  readonly status: 0 | 1;
  readonly message: string | null;
}

interface Child {
  readonly name: string;
  readonly process: Bun.Subprocess;
  /** Resolves once all its output is on the terminal. */
  readonly shown: Promise<unknown>;
}

/** The end of the demo: the first outcome counts, and nothing is started after it. */
class Ending {
  readonly #first = Promise.withResolvers<Outcome>();
  #isOver = false;

  get isOver(): boolean {
    return this.#isOver;
  }

  get outcome(): Promise<Outcome> {
    return this.#first.promise;
  }

  end(status: 0 | 1, message: string | null): void {
    this.#isOver = true;
    this.#first.resolve({ status, message });
  }
}

async function main(): Promise<number> {
  const ending = new Ending();
  const children: Child[] = [];
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      // A second signal does not wait for answers.
      if (ending.isOver) for (const child of children) child.process.kill("SIGKILL");
      ending.end(0, null);
    });
  }
  bringUp(ending, children).catch((error: unknown) => {
    ending.end(1, error instanceof Error ? error.message : String(error));
  });
  const { status, message } = await ending.outcome;
  await Promise.all(children.map((child) => stop(child)));
  if (message !== null) console.error(`demo: ${message}`);
  return status;
}

async function bringUp(ending: Ending, children: Child[]): Promise<void> {
  const demoPort = await freePort("DEMO_PORT", portOf("DEMO_PORT", 0), LOOPBACK);
  const port = await freePort("PORT", portOf("PORT", DEFAULT_PORT), hostToBind());
  const exchangeOrigin = `http://${LOOPBACK}:${demoPort}`;
  const address = `http://${hostToOpen()}:${port}`;

  const simulator = [
    "src/simulator/main.ts",
    `--port=${demoPort}`,
    `--history-limit-factor=${HISTORY_LIMIT_FACTOR}`,
  ];
  start("simulator", simulator, {}, ending, children);
  await answers(`${exchangeOrigin}/control/requests`, () => true, ending);
  const settings = {
    PORT: String(port),
    DATABASE_PATH: process.env["DATABASE_PATH"] || join(ROOT, "data/demo.db"),
    EXCHANGE_ORIGIN: exchangeOrigin,
    LOG_LEVEL: process.env["LOG_LEVEL"] || "warn",
  };
  await runToEnd("writer of the past", ["scripts/demo-past.ts"], settings, ending, children);
  const service = {
    ...settings,
    SIMULATOR_PACE: String(HISTORY_LIMIT_FACTOR),
    // As far back as the samples: what was charged is then soon complete.
    BACKFILL_DAYS: process.env["BACKFILL_DAYS"] || String(PAST_DAYS),
  };
  start("service", ["dist/main.js"], service, ending, children);
  // Not /readyz, which waits for the slowest exchange: the first batch is enough to show something.
  await answers(`${address}/api/funding/current?limit=1`, (response) => response.ok, ending);
  if (!ending.isOver) console.log(`Funding Finder runs on simulated markets: open ${address}`);
}

/** Runs a program of this project; its death ends the demo. */
function start(
  name: string,
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
  ending: Ending,
  children: Child[],
): void {
  if (ending.isOver) return;
  const child = run(name, args, settings);
  children.push(child);
  void child.process.exited.then((code) => {
    const { signalCode } = child.process;
    ending.end(1, `the ${name} ended (${signalCode ?? `status ${code}`})`);
  });
}

/** The Makefile's options for a service that runs for weeks: a program that ends takes half as long again with them. */
const WITHOUT_SMALL_MEMORY = {
  BUN_JSC_forceRAMSize: undefined,
  BUN_GC_TIMER_INTERVAL: undefined,
  BUN_JSC_thresholdForJITAfterWarmUp: undefined,
  BUN_JSC_thresholdForJITSoon: undefined,
} as const;

/** Runs a program of this project and waits for its end. Throws if it fails. */
async function runToEnd(
  name: string,
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
  ending: Ending,
  children: Child[],
): Promise<void> {
  if (ending.isOver) return;
  const child = run(name, args, { ...settings, ...WITHOUT_SMALL_MEMORY });
  children.push(child);
  const code = await child.process.exited;
  await child.shown;
  const { signalCode } = child.process;
  if (code !== 0) throw new Error(`the ${name} ended (${signalCode ?? `status ${code}`})`);
}

function run(
  name: string,
  args: readonly string[],
  settings: Readonly<Record<string, string | undefined>>,
): Child {
  const child = Bun.spawn({
    // Ignore an .env file of a real installation.
    cmd: [process.execPath, "--no-env-file", ...args],
    cwd: ROOT,
    env: { ...demoEnvironment(process.env), ...settings },
    stdio: ["ignore", "pipe", "pipe"],
    // Its own process group: Ctrl-C reaches only this script, which then stops its children in order.
    detached: true,
  });
  const shown = Promise.all([
    relayLines(child.stdout, (line) => console.log(line)),
    relayLines(child.stderr, (line) => console.error(line)),
  ]);
  return { name, process: child, shown };
}

async function stop({ name, process: child, shown }: Child): Promise<void> {
  child.kill("SIGTERM");
  const killer = setTimeout(() => {
    console.error(`demo: the ${name} did not stop within ${END_WITHIN_MS} ms and is killed`);
    child.kill("SIGKILL");
  }, END_WITHIN_MS);
  await child.exited;
  await shown;
  clearTimeout(killer);
}

/** Waits until the response to a GET of `url` satisfies `isReady`. Throws after READY_WITHIN_MS. */
async function answers(
  url: string,
  isReady: (response: Response) => boolean,
  ending: Ending,
): Promise<void> {
  const deadlineMs = performance.now() + READY_WITHIN_MS;
  while (!ending.isOver) {
    if (await isAnswered(url, isReady)) return;
    if (performance.now() > deadlineMs) {
      throw new Error(`${url} was not ready within ${READY_WITHIN_MS} ms`);
    }
    await Bun.sleep(ASK_EVERY_MS);
  }
}

async function isAnswered(url: string, isReady: (response: Response) => boolean): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    await response.body?.cancel();
    return isReady(response);
  } catch {
    return false; // Not listening yet: retried until the deadline.
  }
}

function portOf(setting: string, fallback: number): number {
  const text = process.env[setting] || String(fallback);
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= MAX_PORT) return port;
  throw new Error(`${setting} must be a whole number from 0 to ${MAX_PORT}`);
}

/** `port` if it is free, any free port for 0. Throws an error that says what to do. */
async function freePort(setting: string, port: number, host: string): Promise<number> {
  if (port !== 0) return requireFree(setting, port, host);
  for (let tries = 1; ; tries += 1) {
    const any = ANY_PORT.from + Math.floor(Math.random() * (ANY_PORT.below - ANY_PORT.from));
    try {
      return await requireFree(setting, any, host);
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
    }
  }
}

/** Resolves to `port` if it is free, else rejects. */
function requireFree(setting: string, port: number, host: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const probe = createServer();
  probe.once("error", (error) => {
    const failure = listenFailure({ host, port, names: { host: "HOST", port: setting } }, error);
    reject(new Error(`${failure.message} (as in ${setting}=8090 make demo)`));
  });
  probe.listen({ port, host, exclusive: true }, () => {
    probe.close(() => resolve(port));
  });
  return promise;
}

function hostToBind(): string {
  return process.env["HOST"] || LOOPBACK;
}

/** The host to open in a browser: a wildcard address cannot be opened. */
function hostToOpen(): string {
  const host = hostToBind();
  if (host === "0.0.0.0" || host === "::") return LOOPBACK;
  return host.includes(":") ? `[${host}]` : host;
}

process.exitCode = await main();
process.exit();
