/** Throws when a condition that the program itself guarantees does not hold: a bug, never bad input. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}

/** Makes the compiler prove that every member of a union was handled. */
export function unreachable(value: never): never {
  throw new Error(`assertion failed: unhandled case ${String(value)}`);
}
