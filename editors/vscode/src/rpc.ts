// JSON-RPC over any transport that carries texts and can be lost and found again.

import type { State } from "./engine.ts";

type Message = {
  id?: number | string;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: { code: number; message: string; data?: unknown };
};
type Waiting = {
  text: string;
  again: boolean;
  sent: boolean;
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
};

/** What the engine answered when it did not do what was asked. */
export class Refused extends Error {
  constructor(
    readonly code: number,
    message: string,
    readonly data?: any,
  ) {
    super(message);
  }
}

export class Rpc {
  private next = 1;
  private isOpen = false;
  private readonly waiting = new Map<number, Waiting>();
  private readonly told = new Map<string, Set<(params: any) => void>>();
  private readonly asked = new Map<string, (params: any) => Promise<unknown>>();
  private readonly states = new Set<(state: State) => void>();

  constructor(private readonly transport: (text: string) => void) {}

  /**
   * Asks the engine. A question that came too early waits for the connection; one whose answer was lost with it is put again,
   * unless `again` is false.
   */
  ask<T>(method: string, params: object = {}, again = true): Promise<T> {
    const id = this.next++;
    const text = JSON.stringify({ jsonrpc: "2.0", id, method, params });
    return new Promise<T>((resolve, reject) => {
      const sent = this.isOpen;
      this.waiting.set(id, { text, again, sent, resolve: resolve as (result: unknown) => void, reject });
      if (sent) this.transport(text);
    });
  }

  /** Tells the engine something that has no answer; lost while there is no connection. */
  tell(method: string, params: object): void {
    if (this.isOpen) this.transport(JSON.stringify({ jsonrpc: "2.0", method, params }));
  }

  /** Hears what the engine tells. Gives what ends it. */
  on(method: string, heard: (params: any) => void): () => void {
    const all = this.told.get(method) ?? new Set();
    all.add(heard);
    this.told.set(method, all);
    return () => void all.delete(heard);
  }

  /** Answers what the engine asks. */
  answer(method: string, answer: (params: any) => Promise<unknown>): () => void {
    this.asked.set(method, answer);
    return () => void this.asked.delete(method);
  }

  /** Hears when the connection is there, lost, or refused for good. */
  onState(heard: (state: State) => void): () => void {
    this.states.add(heard);
    return () => void this.states.delete(heard);
  }

  opened(): void {
    this.isOpen = true;
    for (const it of this.waiting.values()) {
      it.sent = true;
      this.transport(it.text);
    }
    this.say("open");
  }

  lost(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    for (const [id, it] of this.waiting) {
      if (it.again || !it.sent) continue;
      this.waiting.delete(id);
      it.reject(new Error("the engine went away before it answered"));
    }
    this.say("lost");
  }

  say(state: State): void {
    for (const heard of [...this.states]) heard(state);
  }

  /** Takes a text that came. */
  async take(text: string): Promise<void> {
    const message = JSON.parse(text) as Message;
    if (message.method === undefined) return this.settle(message);
    if (message.id === undefined) {
      for (const heard of this.told.get(message.method) ?? []) heard(message.params);
      return;
    }
    const reply = { jsonrpc: "2.0", id: message.id };
    try {
      const answer = this.asked.get(message.method);
      if (!answer) throw new Refused(-32601, `${message.method} is not known here`);
      this.send({ ...reply, result: (await answer(message.params)) ?? null });
    } catch (error) {
      const code = error instanceof Refused ? error.code : -32603;
      this.send({ ...reply, error: { code, message: String((error as Error).message ?? error) } });
    }
  }

  private settle(message: Message): void {
    const id = Number(message.id);
    const waiting = this.waiting.get(id);
    if (!waiting) return;
    this.waiting.delete(id);
    const { error } = message;
    if (error) waiting.reject(new Refused(error.code, error.message, error.data));
    else waiting.resolve(message.result);
  }

  private send(message: object): void {
    if (this.isOpen) this.transport(JSON.stringify(message));
  }
}
