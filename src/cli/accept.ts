import { existsSync } from "node:fs";
import { loadProcessConfig } from "../config/config.ts";
import { ExchangeStateRepository } from "../db/market/exchange-state-repository.ts";
import { asUnusable } from "../db/failure.ts";
import { marketFile } from "../db/market/file.ts";
import { writeTransaction } from "../db/open.ts";
import { startDatabase } from "../db/start-database.ts";
import { type Command, EXIT_FAILED, EXIT_OK, exchangeIds, parsed, UsageError } from "./command.ts";

const HELP = `Usage: bun src/cli/main.ts accept ID

Accepts the size and the units of the next batch of exchange ID, after the service has refused batches because they
differ too much from earlier ones. Uses the database of the setting DATABASE_PATH; the service may be running.

Exit status: 0 success, 1 the database is missing or locked or does not have the exchange, 2 wrong usage,
3 the database is unusable.
`;

export const accept: Command = {
  summary: "Accept the size and the units of an exchange's next batch",
  help: HELP,
  run,
};

function run(args: readonly string[]): number {
  const { positionals } = parsed(args, {});
  const [id] = exchangeIds(positionals);
  if (id === undefined || positionals.length !== 1)
    throw new UsageError("accept needs one exchange id");
  const { databasePath } = loadProcessConfig();
  // Opening would create it: a wrong path must not leave an unused database behind.
  if (!existsSync(databasePath)) {
    console.error(`no database at ${databasePath} (setting DATABASE_PATH)`);
    return EXIT_FAILED;
  }
  const db = startDatabase(marketFile(databasePath), console.error);
  try {
    const states = new ExchangeStateRepository(db);
    const noted = writeTransaction(db, () => states.acceptNextSize(id));
    console.error(
      noted
        ? `${id}: the size and the units of the next batch will be accepted`
        : `${id}: not collected in this database yet`,
    );
    return noted ? EXIT_OK : EXIT_FAILED;
  } catch (error) {
    throw asUnusable(databasePath, error) ?? error;
  } finally {
    db.close();
  }
}
