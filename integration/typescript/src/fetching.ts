import { BadAnswer, Problem } from "./errors.js";

/** Bounds of one answer. */
const maxAnswer = 64 << 20; // bytes
const maxProblem = 64 << 10; // bytes
const maxDetail = 1000; // characters

/** Requests that the daemon puts off are sent again this often in all. */
const tries = 10;

/**
 * A fetch that throws what is not the answer, follows no redirects, which could leak the token, and sends again what the daemon puts off.
 */
export function bounded(inner: typeof fetch, timeout: number): (request: Request) => Promise<Response> {
  return async (request) => {
    const ends = Date.now() + timeout;
    for (let attempt = 1; ; attempt++) {
      const response = await inner(request.clone(), { redirect: "error" });
      const wait = retryAfter(response.headers);
      if (response.status === 200 || response.status === 204) {
        return response;
      }
      if (response.status !== 429 || attempt === tries || Date.now() + wait * 1000 > ends) {
        throw await problem(response);
      }
      await response.body?.cancel();
      await pause(Math.min(Math.max(wait, 1), 5) * 1000, request.signal);
    }
  };
}

/** Reads an answer. */
export async function read(response: Response): Promise<unknown> {
  if (response.status === 204) {
    return undefined;
  }
  if (!isType(response, "application/json")) {
    await response.body?.cancel();
    throw new BadAnswer(`${host(response)} does not answer as a smartpoold does`);
  }
  return decode(await textOf(response, maxAnswer), host(response));
}

/** Decodes what somebody sends. */
export function decode(text: string, from: string): unknown {
  try {
    return JSON.parse(text, exact);
  } catch (err) {
    throw err instanceof BadAnswer ? err : new BadAnswer(`${from} sends no valid JSON`);
  }
}

/** Reads a refusal. */
export async function problem(response: Response): Promise<Problem | BadAnswer> {
  const odd = new BadAnswer(`${host(response)} answers with status ${response.status}`, response.status);
  if (!isType(response, "application/problem+json")) {
    await response.body?.cancel();
    return odd;
  }
  try {
    const { detail, errors } = JSON.parse(await textOf(response, maxProblem)) as { detail?: unknown; errors?: { message?: unknown; location?: unknown }[] };
    const faults = Array.isArray(errors) ? errors.slice(0, 10).map((e) => `${e?.location}: ${e?.message}`) : [];
    return typeof detail === "string" ? new Problem(response.status, [detail, ...faults].join("; ").slice(0, maxDetail), retryAfter(response.headers)) : odd;
  } catch {
    return odd;
  }
}

/** Refuses numbers that JavaScript would round. */
export function exact(_: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new BadAnswer("the answer has a number that is no exact integer");
  }
  return value;
}

/** Reads a body of at most so many bytes. */
async function textOf(response: Response, most: number): Promise<string> {
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  let text = "";
  for (let size = 0; reader; ) {
    const { done, value } = await reader.read();
    if (done) {
      break;
    }
    size += value.length;
    if (size > most) {
      await reader.cancel();
      throw new BadAnswer(`${host(response)} sends more than ${most} bytes`);
    }
    text += decoder.decode(value, { stream: true });
  }
  return text + decoder.decode();
}

/** Waits, unless the caller gives up before. */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    if (signal?.aborted) {
      abort();
    }
    signal?.addEventListener("abort", abort, { once: true });
  });
}

export function isType(response: Response, type: string): boolean {
  return (response.headers.get("Content-Type") ?? "").split(";")[0]?.trim().toLowerCase() === type;
}

export function host(response: Response): string {
  return response.url ? new URL(response.url).host : "the daemon";
}

/** Seconds after which to ask again; 0 if the answer does not say. */
function retryAfter(headers: Headers): number {
  const value = headers.get("Retry-After") ?? "";
  return /^\d{1,9}$/.test(value) ? Number(value) : 0;
}
