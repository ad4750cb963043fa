/** All problems with the settings, one per line. Safe to print. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  readonly exitStatus = 2;

  constructor(problems: readonly string[]) {
    super(`The configuration is invalid:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.name = "ConfigError";
    this.problems = problems;
  }
}
