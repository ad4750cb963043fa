import { VARIABLES } from "../src/config/config.ts";
import { SETTINGS } from "../src/config/settings.ts";

/** The settings that `make demo` passes on; it sets PORT, DATABASE_PATH, EXCHANGE_ORIGIN and LOG_LEVEL itself. */
const PASSED_ON: readonly (keyof typeof SETTINGS)[] = [
  "host",
  "exchanges",
  "refreshMs",
  "staleAfterMs",
  "trustedProxies",
  "publicUrl",
  "metricsBases",
  "feesFile",
];

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment of the demo's processes: `env` without every variable that the service reads, except PASSED_ON. So a
 * new secret or alert channel of a real installation never applies to simulated markets unless it is added there.
 */
export function demoEnvironment(
  env: Environment,
  readByService: readonly string[] = VARIABLES,
): Environment {
  const passedOn = new Set(PASSED_ON.map((field) => SETTINGS[field].name));
  const dropped = new Set(readByService.filter((name) => !passedOn.has(name)));
  return Object.fromEntries(Object.entries(env).filter(([name]) => !dropped.has(name)));
}
