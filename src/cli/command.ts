import { parseArgs } from "node:util";
import { EXCHANGE_IDS, type ExchangeId, isExchangeId } from "../domain/exchange.ts";
import { didYouMean, nearestName } from "../lib/nearest.ts";

/** One command: parses its arguments, calls the code that does the work, prints, and returns an exit status. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly help: string;
  /** Throws UsageError if the arguments are invalid. */
  run(args: readonly string[]): number | Promise<number>;
}

/** Exit statuses: success, an exchange failed, wrong usage. */
export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** What is wrong with the arguments, for the person who typed them. */
export class UsageError extends Error {
  readonly exitStatus = EXIT_USAGE;
}

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>;

/** Parsed options and the remaining arguments. Throws UsageError for an option that is not in `options`. */
export function parsed<const O extends Options>(args: readonly string[], options: O) {
  refuseUnknownOption(args, options);
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Every command has it, whatever its own options are. */
const HELP_OPTION = "help";

/** Throws UsageError for the first option that is not in `options`. */
function refuseUnknownOption(args: readonly string[], options: Options): void {
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const known = Object.keys(options);
  for (const token of tokens) {
    if (token.kind !== "option" || known.includes(token.name)) continue;
    const nearest = nearestName(token.name, [...known, HELP_OPTION]);
    const hint = nearest === null ? "" : `; did you mean --${nearest}?`;
    throw new UsageError(`unknown option ${token.rawName}${hint}`);
  }
}

/** The exchanges named by arguments, in any case. Throws UsageError for an unknown one. */
export function exchangeIds(texts: readonly string[]): ExchangeId[] {
  return texts.map((text) => {
    const id = text.toLowerCase();
    if (isExchangeId(id)) return id;
    const nearest = didYouMean(text, EXCHANGE_IDS);
    throw new UsageError(
      `unknown exchange ${JSON.stringify(text)}${nearest}\nKnown: ${EXCHANGE_IDS.join(", ")}`,
    );
  });
}
