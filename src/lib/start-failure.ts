import { existsSync } from "node:fs";

/** Exit statuses of a failed start: 1 may resolve itself (systemd retries), 2 are settings, 3 is the database. */
export type StartStatus = 1 | 2 | 3;

/** A start that failed for a reason that the operator can fix: the message alone is enough. */
export interface StartFailure extends Error {
  readonly exitStatus: StartStatus;
}

/** The exception as a StartFailure; null for an unexpected one. */
export function startFailure(error: unknown): StartFailure | null {
  return isStartFailure(error) ? error : null;
}

function isStartFailure(error: unknown): error is StartFailure {
  return error instanceof Error && "exitStatus" in error && typeof error.exitStatus === "number";
}

class IncompleteInstallation extends Error {
  readonly exitStatus = 2;
}

/** Throws a StartFailure if a file of the program itself is missing at `path`. */
export function requireInstalled(path: string): void {
  if (existsSync(path)) return;
  throw new IncompleteInstallation(`${path} is missing; it is part of this program: reinstall it`);
}
