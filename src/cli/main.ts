/** The operator's commands. */
import { didYouMean } from "../lib/nearest.ts";
import { startFailure } from "../lib/start-failure.ts";
import { accept } from "./accept.ts";
import { collect } from "./collect.ts";
import { type Command, EXIT_FAILED, EXIT_OK, UsageError } from "./command.ts";

const COMMANDS: Readonly<Record<string, Command>> = { collect, accept };

const HELP_NAMES: readonly (string | undefined)[] = ["help", "--help", "-h"];
const NAME_WIDTH = Math.max(...Object.keys(COMMANDS).map((name) => name.length)) + 3;

const HELP = `Usage: bun src/cli/main.ts COMMAND [OPTIONS]

Commands:
${Object.entries({ ...COMMANDS, help: { summary: "Show this text" } })
  .map(([name, { summary }]) => `  ${name.padEnd(NAME_WIDTH)}${summary}`)
  .join("\n")}

For details: bun src/cli/main.ts COMMAND --help. The service itself is: bun src/main.ts
`;

async function main([name, ...rest]: readonly string[]): Promise<number> {
  if (name === undefined) throw new UsageError(`no command given\n\n${HELP}`);
  if (HELP_NAMES.includes(name)) return print(HELP);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined)
    throw new UsageError(
      `unknown command ${JSON.stringify(name)}${didYouMean(name, Object.keys(COMMANDS))}\n\n${HELP}`,
    );
  return asksForHelp(rest) ? print(command.help) : command.run(rest);
}

/** Whether help is requested; arguments after `--` are not options. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? args.length : end).some((arg) => arg === "--help" || arg === "-h");
}

function print(text: string): number {
  process.stdout.write(text);
  return EXIT_OK;
}

/** Exits when standard output fails: without a message if the reader closed it, as `head` does. */
function endWithOutput(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT_OK);
    console.error(`standard output cannot be written: ${error.message}`);
    process.exit(EXIT_FAILED);
  });
}

endWithOutput();
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const failure = startFailure(error);
  if (failure === null) throw error;
  console.error(failure.message);
  process.exitCode = failure.exitStatus;
}
