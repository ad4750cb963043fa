import { setDefaultTimeout } from "bun:test";
import { PATIENCE_MS } from "./patience.ts";

// Before each file (bunfig.toml): the runner's default of five seconds is less than a busy machine takes to start a
// program.
setDefaultTimeout(PATIENCE_MS);
