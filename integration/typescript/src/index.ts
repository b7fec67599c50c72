export { Client, type Options } from "./client.js";
export { BadAnswer, Problem } from "./errors.js";
export { formatPSL, parsePSL } from "./amounts.js";
export type { BlockNews, News, ReorgNews, StreamQuery } from "./stream.js";
export type { Answer, Body, Item, Query, Schemas } from "./types.js";
