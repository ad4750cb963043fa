/** The result of sending one message. Reasons are safe to log and to store. */
export type SendResult =
  | { readonly kind: "sent" }
  | { readonly kind: "retry_after"; readonly waitMs: number; readonly reason: string }
  | { readonly kind: "failed"; readonly retryable: boolean; readonly reason: string };

/** A channel to the operator: one destination. */
export interface Messenger {
  /** Identifies the destination, stable across restarts; not a secret. */
  readonly destination: string;
  /** Sends plain text. Never throws. May deliver twice if the response is lost. */
  send(text: string): Promise<SendResult>;
}
