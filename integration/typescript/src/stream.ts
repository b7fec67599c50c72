import { createParser, type EventSourceMessage } from "eventsource-parser";
import { BadAnswer, Problem } from "./errors.js";
import { decode, host, isType, pause, problem } from "./fetching.js";
import type { Schemas } from "./types.js";

export interface StreamQuery {
  /** Only what concerns this pool. */
  pool?: string;
  /** Only what concerns this PastelID. */
  pastelid?: string;
  /** First block; the ledger's last unless given. */
  from?: number;
  /** Id of the last news that was handled: the stream goes on after it. */
  after?: string;
}

/** A block, and what happened in it. */
export interface BlockNews {
  type: "block";
  id: string;
  block: Schemas["Tip"] & { events: Schemas["Event"][] };
}

/** Blocks were taken back: forget everything above a height. */
export interface ReorgNews {
  type: "reorg";
  id: string;
  /** Last block that stays; -1 if none does. */
  height: number;
}

export type News = BlockNews | ReorgNews;

const maxMessage = 64 << 20; // characters
const silence = 60_000; // milliseconds; the daemon gives a sign of life every 15 seconds
const firstPause = 2_000; // milliseconds
const longestPause = 30_000; // milliseconds

/** Reads the stream, and connects again after what was read last. It ends when the signal does, and throws what trying again does not help. */
export async function* follow(url: string, query: StreamQuery, send: typeof fetch, signal?: AbortSignal): AsyncGenerator<News, void, undefined> {
  const { after, ...rest } = query;
  const params = new URLSearchParams(Object.entries(rest).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));
  let last = after;
  let wait = firstPause;
  while (!signal?.aborted) {
    try {
      for await (const message of connect(`${url}?${params}`, last, send, signal)) {
        const news = newsOf(message);
        last = news.id || last;
        wait = firstPause;
        yield news;
      }
    } catch (err) {
      if (signal?.aborted) {
        return;
      }
      if (!passes(err)) {
        throw err;
      }
    }
    try {
      await pause(wait, signal);
    } catch {
      return;
    }
    wait = Math.min(2 * wait, longestPause);
  }
}

/** Reads one connection. */
async function* connect(url: string, last: string | undefined, send: typeof fetch, signal: AbortSignal | undefined): AsyncGenerator<EventSourceMessage, void, undefined> {
  const ends = new AbortController();
  const abort = () => ends.abort(signal?.reason);
  signal?.addEventListener("abort", abort);
  let heard = setTimeout(abort, silence);
  try {
    const response = await send(url, {
      headers: { Accept: "text/event-stream", ...(last && { "Last-Event-ID": last }) },
      cache: "no-store",
      redirect: "error",
      signal: ends.signal,
    });
    if (response.status !== 200) {
      throw await problem(response);
    }
    if (!isType(response, "text/event-stream") || !response.body) {
      throw new BadAnswer(`${host(response)} does not answer as a smartpoold does`);
    }
    let messages: EventSourceMessage[] = [];
    let fault: Error | undefined;
    const parser = createParser({
      maxBufferSize: maxMessage,
      onEvent: (message) => messages.push(message),
      onError: (err) => {
        fault = err.type === "max-buffer-size-exceeded" ? new BadAnswer(`${host(response)} sends too large a message`) : fault;
      },
    });
    const reader = response.body.pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      clearTimeout(heard);
      heard = setTimeout(abort, silence);
      parser.feed(value);
      const read = messages;
      messages = [];
      yield* read;
      if (fault) {
        throw fault;
      }
    }
  } finally {
    clearTimeout(heard);
    signal?.removeEventListener("abort", abort);
    ends.abort();
  }
}

/** Decodes a message. */
function newsOf(message: EventSourceMessage): News {
  const id = message.id ?? "";
  const data = decode(message.data, "the stream") as Partial<BlockNews["block"]> | null;
  if (message.event === "reorg" && Number.isSafeInteger(data?.height)) {
    return { type: "reorg", id, height: data!.height! };
  }
  if (message.event === "block" && Number.isSafeInteger(data?.height) && Array.isArray(data?.events)) {
    return { type: "block", id, block: data as BlockNews["block"] };
  }
  throw new BadAnswer("the stream sends what is neither a block nor a reorganization");
}

/** Reports whether connecting again may help: after a lost connection, and after refusals that pass. */
function passes(err: unknown): boolean {
  const status = err instanceof Problem || err instanceof BadAnswer ? err.status : -1;
  return status === 429 || status >= 500 || status === -1;
}
