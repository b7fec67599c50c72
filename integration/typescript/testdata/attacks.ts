// Meets a daemon that lies: prints one line for each attack, its name and what the client made of it.
import { BadAnswer, Client, Problem } from "smartpool-client";

declare const process: { argv: string[] };

const base = process.argv[2]!;
async function attack(name: string, run: (client: Client) => Promise<unknown>): Promise<void> {
  let outcome: string;
  try {
    outcome = `believed ${JSON.stringify(await run(new Client(`${base}/${name}`, { token: "secret", timeout: 20_000 })))}`;
  } catch (err) {
    const known = err instanceof BadAnswer || err instanceof Problem;
    outcome = `${known ? err.name : (err as Error).constructor.name}: ${(err as Error).message}`;
  }
  console.log(`${name}: ${outcome.slice(0, 200)}`);
}
const status = (client: Client) => client.get("/status");
async function all(client: Client): Promise<number> {
  let n = 0;
  for await (const _ of client.list("/pools")) n++;
  return n;
}
async function first(client: Client): Promise<unknown> {
  for await (const news of client.stream()) return news;
  return "nothing";
}
await attack("huge", status);
await attack("redirect", (client) => client.get("/alerts"));
await attack("rounded", status);
await attack("html", status);
await attack("broken", status);
await attack("fraction", status);
await attack("endless-list", all);
await attack("pages-in-a-circle", all);
await attack("empty-pages", all);
await attack("long-problem", status);
await attack("problem-in-html", status);
await attack("put-off-once", status);
await attack("odd-news", first);
await attack("rounded-news", first);
await attack("broken-news", first);
await attack("stream-in-html", first);
await attack("stream-refused", first);
await attack("escaped", (client) => client.get("/pools/{id}", { id: "../alerts?x=1#" }));
await attack("slow", (client) => new Client(client.url, { timeout: 300 }).get("/status"));
await attack("given-up", (client) => client.get("/status", undefined, { signal: AbortSignal.abort() }));
