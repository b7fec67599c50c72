/** The daemon's refusal of a request (RFC 9457). The message says what to do. */
export class Problem extends Error {
  override readonly name = "Problem";
  constructor(
    /** HTTP status: 404 if the ledger has no such entry, 429 if there are too many requests, 503 if the daemon cannot answer now. */
    readonly status: number,
    detail: string,
    /** Seconds after which to ask again; 0 if the daemon does not say. */
    readonly retryAfter: number,
  ) {
    super(detail);
  }
}

/** An answer that does not come from a smartpoold, comes from another release, or is larger than any of its answers. */
export class BadAnswer extends Error {
  override readonly name = "BadAnswer";
  constructor(
    message: string,
    /** HTTP status, such as 502 from a proxy; 0 if that is not what is wrong. */
    readonly status = 0,
  ) {
    super(message);
  }
}
