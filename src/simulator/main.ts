/**
 * The exchange simulator as a process:
 * `bun src/simulator/main.ts --port 9000 [--seed 1] [--scale 1] [--history-limit-factor 1]`.
 */
import { parseArgs } from "node:util";
import { systemClock } from "../lib/clock.ts";
import { ConfigError } from "../lib/config-error.ts";
import { startFailure } from "../lib/start-failure.ts";
import { startSimulator } from "./server.ts";

const MAX_PORT = 65_535;
/** Ten times the real market is more than the service has to hold. */
const MAX_SCALE = 10;
/** No reader sends more than this many times what an exchange permits. */
const MAX_HISTORY_LIMIT_FACTOR = 1_000;

function start(): void {
  const simulator = startSimulator({ ...options(), nowMs: () => systemClock.nowMs() });
  // The output may be closed; the exchanges run all the same.
  process.stdout.on("error", () => {});
  process.stdout.write(`exchange simulator: ${simulator.origin}\n`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      simulator.stop();
      process.exit(0);
    });
  }
}

/** Throws ConfigError. */
function options(): { port: number; seed: number; scale: number; historyLimitFactor: number } {
  const { port, seed, scale, "history-limit-factor": factor } = argumentsGiven();
  const problems: string[] = [];
  const numberOf = (name: string, text: string, max: number, isInteger: boolean): number => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    const isFit = value >= 0 && value <= max && (!isInteger || Number.isInteger(value));
    if (!isFit)
      problems.push(`--${name}: must be a ${isInteger ? "whole " : ""}number up to ${max}`);
    return value;
  };
  const numbers = {
    port: numberOf("port", port, MAX_PORT, true),
    seed: numberOf("seed", seed, Number.MAX_SAFE_INTEGER, true),
    scale: numberOf("scale", scale, MAX_SCALE, false),
    historyLimitFactor: numberOf("history-limit-factor", factor, MAX_HISTORY_LIMIT_FACTOR, false),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return numbers;
}

function argumentsGiven() {
  try {
    return parseArgs({
      options: {
        port: { type: "string", default: "9000" },
        seed: { type: "string", default: "1" },
        scale: { type: "string", default: "1" },
        "history-limit-factor": { type: "string", default: "1" },
      },
    }).values;
  } catch (error) {
    throw new ConfigError([error instanceof Error ? error.message : String(error)]);
  }
}

try {
  start();
} catch (error) {
  const failure = startFailure(error);
  if (failure === null) throw error;
  process.stderr.write(`${failure.message}\n`);
  process.exitCode = failure.exitStatus;
}
