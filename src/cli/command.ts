import { parseArgs } from "node:util";
import { EXCHANGE_IDS, type ExchangeId, isExchangeId } from "../domain/exchange.ts";
import { didYouMean } from "../lib/nearest.ts";

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
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
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
