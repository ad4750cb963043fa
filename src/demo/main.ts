/** The exchange simulator as a process: `bun src/demo/main.ts --port 9000 [--seed 1] [--scale 1]`. */
import { parseArgs } from "node:util";
import { systemClock } from "../lib/clock.ts";
import { startSimulator } from "./server.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "9000" },
    seed: { type: "string", default: "1" },
    scale: { type: "string", default: "1" },
  },
});

const simulator = startSimulator({
  port: Number(values.port),
  seed: Number(values.seed),
  scale: Number(values.scale),
  nowMs: () => systemClock.nowMs(),
});
process.stdout.write(`exchange simulator: ${simulator.origin}\n`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    simulator.stop();
    process.exit(0);
  });
}
