import { parseArgs } from "node:util";
import { EXCHANGE_IDS, type ExchangeId, isExchangeId } from "../domain/exchange.ts";

/** One command of the program. It reads its arguments, calls what does the work, prints, and gives an exit status. */
export interface Command {
  /** A line in the list of commands. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly help: string;
  /** Throws UsageError when the arguments do not make sense. */
  run(args: readonly string[]): number | Promise<number>;
}

/** Exit statuses: all well, an exchange failed, the command was not understood. */
export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** What is wrong with the arguments, in words for the person who typed them. */
export class UsageError extends Error {
  readonly exitStatus = EXIT_USAGE;
}

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>;

/** Options by their names, and the other arguments. Throws UsageError for an option that is not in `options`. */
export function parsed<const O extends Options>(args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** The exchanges that arguments name. Throws UsageError for one that is not known. */
export function exchangeIds(texts: readonly string[]): ExchangeId[] {
  return texts.map((text) => {
    if (isExchangeId(text)) return text;
    throw new UsageError(
      `unknown exchange ${JSON.stringify(text)}; known: ${EXCHANGE_IDS.join(", ")}`,
    );
  });
}
