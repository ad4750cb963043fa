import { existsSync } from "node:fs";

/** Statuses of a start that failed: 1 may pass by itself, 2 are settings, 3 is the database; systemd tries 1 again. */
export type StartStatus = 1 | 2 | 3;

/** A start that failed for a reason which the operator can remove: the message is all that they need to read. */
export interface StartFailure extends Error {
  readonly exitStatus: StartStatus;
}

/** The exception as such a failure; null for one that nobody expected. */
export function startFailure(error: unknown): StartFailure | null {
  return isStartFailure(error) ? error : null;
}

function isStartFailure(error: unknown): error is StartFailure {
  return error instanceof Error && "exitStatus" in error && typeof error.exitStatus === "number";
}

class IncompleteInstallation extends Error {
  readonly exitStatus = 2;
}

/** Throws a StartFailure when a file of the program itself is missing at `path`. */
export function requireInstalled(path: string): void {
  if (existsSync(path)) return;
  throw new IncompleteInstallation(
    `${path} is missing; it belongs to this program: install it again`,
  );
}
