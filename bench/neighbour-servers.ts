/** The same queries served by common stacks: Flask, FastAPI and Express on our service's database. */
import { join } from "node:path";
import { EXCHANGE_IDS } from "../src/domain/exchange.ts";
import { feeTable } from "../src/domain/fees.ts";
import { exchangeTerms } from "../src/services/board/exchange-terms.ts";
import { freePort } from "./simulator.ts";

const FOLDER = join(import.meta.dir, "neighbours");

/** The core that each server has to itself in turn. */
export const ON_ONE_CORE = ["taskset", "-c", "0"] as const;

/** The location of Debian's Node packages, whichever Node is first on PATH. */
const ARCHITECTURE = process.arch === "arm64" ? "aarch64" : "x86_64";
const NODE_PATH = `/usr/share/nodejs:/usr/lib/${ARCHITECTURE}-linux-gnu/nodejs`;
/** Debian's packages belong to the system's Python, whichever is first on PATH. */
const PYTHON = "/usr/bin/python3";

const READY_WITHIN_MS = 20_000;
const ASK_EVERY_MS = 100;

/** A stack that may be installed on this machine. */
export interface Neighbour {
  readonly name: string;
  /** Exits with 0 if everything it needs is installed. */
  readonly check: readonly string[];
  readonly needs: string;
  command(port: number): readonly string[];
}

/** One worker on one core; threads, so that connections are kept alive. */
export const NEIGHBOURS: readonly Neighbour[] = [
  {
    name: "Flask, gunicorn",
    check: [PYTHON, "-c", "import flask, gunicorn"],
    needs: "python3-flask, gunicorn",
    command: (port) => [
      PYTHON,
      "-m",
      "gunicorn",
      "--chdir",
      FOLDER,
      "--bind",
      `127.0.0.1:${port}`,
      ..."--workers 1 --threads 4 --keep-alive 60 --log-level error flask_app:app".split(" "),
    ],
  },
  {
    name: "FastAPI, uvicorn",
    check: [PYTHON, "-c", "import fastapi, uvicorn"],
    needs: "python3-fastapi, python3-uvicorn, python3-uvloop",
    command: (port) => [
      PYTHON,
      "-m",
      "uvicorn",
      "--app-dir",
      FOLDER,
      "--host",
      "127.0.0.1",
      "--port",
      `${port}`,
      ..."--log-level error --no-access-log fastapi_app:app".split(" "),
    ],
  },
  {
    name: "Node, Express",
    check: [
      "node",
      "-e",
      `require("express"); try { require("node:sqlite") } catch { require("sqlite3") }`,
    ],
    needs: "node-express, and node-sqlite3 or a Node from 22.13 on",
    command: () => ["node", join(FOLDER, "express_app.cjs")],
  },
];

/** Whether it can be started here. */
export function isInstalled({ check }: Neighbour): boolean {
  const [program = ""] = check;
  if (Bun.which(program) === null) return false;
  const silent = { stdout: "ignore", stderr: "ignore" } as const;
  return Bun.spawnSync([...check], { env: environment(), ...silent }).success;
}

export interface NeighbourServer {
  readonly port: number;
  readonly pid: number;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts it on a free port and one core, and waits until it responds. */
export async function startNeighbour(
  neighbour: Neighbour,
  databasePath: string,
): Promise<NeighbourServer> {
  const port = freePort();
  const settings = JSON.stringify({ database: databasePath, terms: terms() });
  const child = Bun.spawn([...ON_ONE_CORE, ...neighbour.command(port)], {
    env: { ...environment(), PORT: String(port), SETTINGS: settings },
    stdout: "ignore",
    stderr: "inherit",
  });
  const stop = async (): Promise<void> => {
    child.kill();
    await child.exited;
  };
  const deadlineMs = performance.now() + READY_WITHIN_MS;
  while (!(await answers(port))) {
    if (performance.now() > deadlineMs || child.exitCode !== null) {
      await stop();
      throw new Error(`${neighbour.name} does not answer`);
    }
    await Bun.sleep(ASK_EVERY_MS);
  }
  return { port, pid: child.pid, [Symbol.asyncDispose]: stop };
}

function environment(): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    NODE_PATH: process.env["NODE_PATH"] ?? NODE_PATH,
    NODE_ENV: "production",
    NODE_NO_WARNINGS: "1",
    PYTHONDONTWRITEBYTECODE: "1",
  };
}

/** What applies to all rows of an exchange and is known to the program, not to its database. */
function terms() {
  const fees = feeTable(null);
  return EXCHANGE_IDS.map((exchange) => {
    const { marks, interestOfCoins } = exchangeTerms(exchange, 0);
    return {
      exchange,
      marks,
      interest_of_coins: interestOfCoins ? 1 : 0,
      taker_bps: fees.get(exchange)?.takerBps ?? null,
    };
  });
}

async function answers(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/api/funding/symbol/BTC`)).ok;
  } catch {
    return false;
  }
}
