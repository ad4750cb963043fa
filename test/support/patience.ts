/**
 * How long tests wait, in one place. None of these measures anything: what should be fast is counted in work
 * (refreshes, requests, bytes). They only end a test that would never end, so they hold on a machine ten times as busy
 * as any on which it should pass.
 */

/**
 * How long a condition may stay false before it is considered never to become true: some forty times the usual wait.
 */
export const PATIENCE_MS = 120_000;

/** For a test that starts programs and waits for several such conditions, one after the other. */
export const LONG_MS = 4 * PATIENCE_MS;

/** What the service promises for a shutdown by signal: systemd waits as long (TimeoutStopSec), then it kills. */
export const END_WITHIN_MS = 25_000;
