// The page's one connection to the engine: JSON-RPC over a WebSocket that comes back when it was cut.

import type { Engine, State } from "../../editors/vscode/src/engine.ts";
import { Refused, Rpc } from "../../editors/vscode/src/rpc.ts";

export { Refused };

const PAUSE_FIRST_MS = 100;
const PAUSE_MOST_MS = 2000;

export class Connection implements Omit<Engine, "language"> {
  private socket?: WebSocket;
  private pause = PAUSE_FIRST_MS;
  private readonly rpc = new Rpc((text) => this.socket?.send(text));

  constructor(private readonly origin: string) {}

  ask = this.rpc.ask.bind(this.rpc) as Engine["ask"];
  tell = this.rpc.tell.bind(this.rpc);
  on = this.rpc.on.bind(this.rpc);
  answer = this.rpc.answer.bind(this.rpc);
  onState = (heard: (state: State) => void) => this.rpc.onState(heard);

  /** Opens the connection; resolves when it is open for the first time. */
  open(): Promise<void> {
    const opened = this.comesBack();
    this.connect();
    return opened;
  }

  get isOpen(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** Opens one more connection, to what the engine has at `path`; resolves once it could be opened. */
  async converse(path: string): Promise<WebSocket> {
    for (;;) {
      if (!this.isOpen) await this.comesBack();
      const socket = new WebSocket(`${this.origin}/${path}`);
      const isOpen = await new Promise<boolean>((resolve) => {
        socket.onopen = () => resolve(true);
        socket.onclose = () => resolve(false);
      });
      if (isOpen) return socket;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MOST_MS));
    }
  }

  private comesBack(): Promise<void> {
    return new Promise((resolve) => {
      const forget = this.onState((state) => {
        if (state !== "open") return;
        forget();
        resolve();
      });
    });
  }

  private connect(): void {
    const socket = new WebSocket(`${this.origin}/wire`);
    this.socket = socket;
    socket.onopen = () => {
      this.pause = PAUSE_FIRST_MS;
      this.rpc.opened();
    };
    socket.onmessage = (event) => void this.rpc.take(event.data as string);
    socket.onclose = () => {
      this.rpc.lost();
      void this.reconnect();
    };
  }

  /** A page whose cookie the engine does not know any more would try for ever: that is told instead. */
  private async reconnect(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.pause));
    this.pause = Math.min(this.pause * 2, PAUSE_MOST_MS);
    const known = await fetch("/known", { method: "HEAD" }).then(
      (it) => it.status,
      () => 0,
    );
    if (known === 403) this.rpc.say("refused");
    else this.connect();
  }
}
