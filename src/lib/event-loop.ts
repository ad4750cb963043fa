/** Lets the event loop serve what has come in, then goes on: between the steps of long work. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
