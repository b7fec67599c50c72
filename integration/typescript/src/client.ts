import createClient, { type Client as Fetcher } from "openapi-fetch";
import type { paths } from "./api.js";
import { BadAnswer } from "./errors.js";
import { bounded, read } from "./fetching.js";
import { type News, type StreamQuery, follow } from "./stream.js";
import { type Answer, type Body, type GetPath, type Item, type ListPath, type PostAnswer, type PostPath, type Query, prefix } from "./types.js";

export interface Options {
  /** Token of the daemon, for operations on alerts. Nothing else needs it. */
  token?: string;
  /** Milliseconds that a request may take, with all its retries; two minutes unless given. */
  timeout?: number;
  /** What sends requests; the platform's fetch unless given. */
  fetch?: typeof fetch;
}

export interface Call {
  /** Ends the request. */
  signal?: AbortSignal;
}

const patience = 120_000;
const methods = { get: "GET", post: "POST", delete: "DELETE" } as const;

/**
 * Calls one daemon. It believes what the daemon says, within bounds of size, time and exactness: whoever wants proof compares digests of
 * several daemons, or verifies with the command line.
 */
export class Client {
  /** Base URL of the daemon, without a slash at its end. */
  readonly url: string;
  readonly #options: Options;
  readonly #timeout: number;
  readonly #fetcher: Fetcher<paths>;

  /** @param base URL of a daemon, such as http://127.0.0.1:9734, or https://example.org/pools under a base path */
  constructor(base: string | URL, options: Options = {}) {
    const url = new URL(base);
    if ((url.protocol !== "http:" && url.protocol !== "https:") || url.username || url.password || url.search || url.hash) {
      throw new TypeError("a daemon's URL is like http://127.0.0.1:9734, without a user, a query or a fragment");
    }
    this.url = url.href.replace(/\/+$/, "");
    this.#options = options;
    this.#timeout = options.timeout ?? patience;
    this.#fetcher = createClient<paths>({
      baseUrl: this.url,
      fetch: bounded(options.fetch ?? fetch, this.#timeout),
      headers: { Accept: "application/json" },
      querySerializer: { array: { style: "form", explode: false } },
    });
  }

  /** Reads a path: `get("/pools/{id}", { id })`. */
  get<P extends GetPath>(path: P, query?: Query<P>, call?: Call): Promise<Answer<P>> {
    return this.#send("get", path, query, undefined, call) as Promise<Answer<P>>;
  }

  /** Sends a body: `post("/tickets/check", { ticket })`. */
  post<P extends PostPath>(path: P, body: Body<P>, query?: Query<P, "post">, call?: Call): Promise<PostAnswer<P>> {
    return this.#send("post", path, query, body, call) as Promise<PostAnswer<P>>;
  }

  /** Cancels a subscription to alerts. Needs the token. */
  async unsubscribe(id: string, call?: Call): Promise<void> {
    await this.#send("delete", "/alerts/{id}", { id }, undefined, call);
  }

  /** Reads a list, page by page: `for await (const pool of client.list("/pools", { open: true }))`. What comes meanwhile may come at its end. */
  async *list<P extends ListPath>(path: P, query?: Query<P>, call?: Call): AsyncGenerator<Item<P>, void, undefined> {
    let cursor: string | undefined;
    const seen = new Set<string>();
    do {
      const page = (await this.get(path, { ...query, ...(cursor && { cursor }) } as Query<P>, call)) as { items: Item<P>[]; next?: string };
      if (!Array.isArray(page.items) || (page.next && (seen.has(page.next) || page.items.length === 0))) {
        throw new BadAnswer(`${this.url} sends a list that does not end`);
      }
      yield* page.items;
      cursor = page.next;
      if (cursor) seen.add(cursor);
    } while (cursor);
  }

  /**
   * Follows blocks as they come, and what is taken back. It connects again by itself and misses nothing: keep the id of what you have
   * handled, and hand it in as `after` to go on there another day.
   */
  stream(query: StreamQuery = {}, call: Call = {}): AsyncGenerator<News, void, undefined> {
    return follow(this.url + prefix + "/stream", query, this.#options.fetch ?? fetch, call.signal);
  }

  async #send(method: keyof typeof methods, path: string, query: object | undefined, body: unknown, call: Call | undefined): Promise<unknown> {
    const timer = new AbortController();
    const expire = setTimeout(() => timer.abort(new DOMException(`no answer from ${this.url} in time`, "TimeoutError")), this.#timeout);
    const abort = () => timer.abort(call?.signal?.reason);
    call?.signal?.addEventListener("abort", abort);
    if (call?.signal?.aborted) {
      abort();
    }
    try {
      const inPath: Record<string, unknown> = {};
      const inQuery: Record<string, unknown> = {};
      for (const [name, value] of Object.entries(query ?? {})) {
        (path.includes(`{${name}}`) ? inPath : inQuery)[name] = value;
      }
      // The types of this class are those of the document; here they would only say the same again.
      const request = this.#fetcher.request as (method: string, path: string, init: object) => Promise<{ response: Response }>;
      const { response } = await request(methods[method], prefix + path, {
        params: { path: inPath, query: inQuery },
        parseAs: "stream",
        signal: timer.signal,
        ...(body !== undefined && { body }),
        ...(this.#options.token && path.startsWith("/alerts") && { headers: { Authorization: `Bearer ${this.#options.token}` } }),
      });
      return await read(response);
    } finally {
      clearTimeout(expire);
      call?.signal?.removeEventListener("abort", abort);
    }
  }
}
