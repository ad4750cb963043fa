/** Dies of an unexpected error, in the way that its argument names, with log lines still unwritten. */
import { systemClock } from "../../src/lib/clock.ts";
import { createLog } from "../../src/lib/log.ts";
import { LogOutput, writeStandardError } from "../../src/lib/log-output.ts";
import { endOnError, exitAfter } from "../../src/services/operations/failing.ts";

const output = new LogOutput({ clock: systemClock, write: writeStandardError });
endOnError(output, exitAfter(output));
const log = createLog("info", output);
for (let n = 0; n < 100; n += 1) log.info("before", { n });
if (process.argv[2] === "rejection") void Promise.reject(new Error("an accident"));
else
  setTimeout(() => {
    throw new Error("an accident");
  }, 0);
