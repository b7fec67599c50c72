import type { components, paths } from "./api.js";

/** Types of the API by name, such as Schemas["Pool"]. Amounts are integers in patoshi, coins are whole PSL, times are RFC 3339 in UTC. */
export type Schemas = components["schemas"];

/** Paths of the document, under the API's prefix. */
export const prefix = "/api/v1";
type Short<P> = P extends `${typeof prefix}${infer Rest}` ? Rest : never;
type Full<P extends string> = `${typeof prefix}${P}`;
type Operation<P extends string, M> = Full<P> extends infer F extends keyof paths ? (M extends keyof paths[F] ? paths[F][M] : never) : never;
type JSONOf<R> = R extends { content: { "application/json": infer A } } ? A : never;
type Part<O, K extends "path" | "query"> = O extends { parameters: infer P } ? (K extends keyof P ? ([NonNullable<P[K]>] extends [never] ? {} : NonNullable<P[K]>) : {}) : {};
type With<M> = { [P in keyof paths]: paths[P] extends { [K in M & string]: infer O } ? ([O] extends [undefined] ? never : P) : never }[keyof paths];

/** Paths that can be read, such as "/pools/{id}". */
export type GetPath = Exclude<Short<With<"get">>, "/stream">;
/** Paths that take a body. */
export type PostPath = Short<With<"post">>;
/** Paths of lists that come in pages. */
export type ListPath = { [P in GetPath]: Answer<P> extends { items: unknown[]; next?: string } ? P : never }[GetPath];

/** What GET answers on a path. */
export type Answer<P extends string> = JSONOf<Operation<P, "get"> extends { responses: { 200: infer R } } ? R : never>;
/** What POST answers on a path; undefined if it answers nothing. */
export type PostAnswer<P extends string> = Operation<P, "post"> extends { responses: { 200: infer R } } ? JSONOf<R> : undefined;
/** What POST sends to a path. */
export type Body<P extends string> = Operation<P, "post"> extends { requestBody: infer B } ? JSONOf<B> : undefined;
/** One item of a list. */
export type Item<P extends ListPath> = Answer<P> extends { items: (infer I)[] } ? I : never;

/** The braces of a path and the query, in one object: the names differ within each path. */
export type Query<P extends string, M extends "get" | "post" | "delete" = "get"> = Part<Operation<P, M>, "path"> & Part<Operation<P, M>, "query">;
