// Prints what the client makes of each path that standard input names, one JSON object a line, as the daemon sent it.
import { Client } from "smartpool-client";

declare const process: { argv: string[]; stdin: AsyncIterable<Uint8Array> };

const client = new Client(process.argv[2]!);
let input = "";
const decoder = new TextDecoder();
for await (const chunk of process.stdin) input += decoder.decode(chunk, { stream: true });
for (const line of input.trim().split("\n")) {
  const { path, query } = JSON.parse(line) as { path: "/pools"; query: object };
  try {
    console.log(JSON.stringify(await client.get(path, query)));
  } catch (err) {
    console.log(JSON.stringify({ error: (err as Error).name, status: (err as { status?: number }).status, message: (err as Error).message }));
  }
}
