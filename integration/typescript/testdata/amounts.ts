// Writes each number of standard input as PSL and reads it back, or does what "parse" or "write" says.
import { formatPSL, parsePSL } from "smartpool-client";

declare const process: { stdin: AsyncIterable<Uint8Array> };

let input = "";
const decoder = new TextDecoder();
for await (const chunk of process.stdin) input += decoder.decode(chunk, { stream: true });
for (const line of input.replace(/\n$/, "").split("\n")) {
  try {
    if (line.startsWith("parse ")) console.log(parsePSL(line.slice("parse ".length)));
    else if (line.startsWith("write ")) console.log(formatPSL(Number(line.slice("write ".length))));
    else console.log(formatPSL(Number(line)).replaceAll(",", ""), parsePSL(formatPSL(Number(line))));
  } catch (err) {
    console.log((err as Error).name);
  }
}
