// Compiles only if the types say what the API takes and answers: each line below @ts-expect-error must be refused.
import { Client, type Item, type News, type Schemas } from "smartpool-client";

export async function typed(client: Client): Promise<void> {
  const pool: Schemas["PoolDetail"] = await client.get("/pools/{id}", { id: "alpha" });
  const coins: number = pool.counted_coins;
  for await (const pledge of client.list("/pledges", { pool: "alpha", limit: 10 })) {
    const one: Item<"/pledges"> = pledge;
    void one.offered_coins;
  }
  const check = await client.post("/tickets/check", { ticket: "{}" });
  const accepted: boolean = check.accepted;
  const news: AsyncGenerator<News, void, undefined> = client.stream({ pool: "alpha", after: "1-ab" });
  // @ts-expect-error there is no such path
  await client.get("/pool");
  // @ts-expect-error there is no such status
  await client.get("/pools", { status: ["open"] });
  // @ts-expect-error there is no such field
  void pool.secret;
  // @ts-expect-error statistics are no list
  client.list("/statistics");
  // @ts-expect-error a ticket is text
  await client.post("/tickets/check", { ticket: 1 });
  void [coins, accepted, news];
}
