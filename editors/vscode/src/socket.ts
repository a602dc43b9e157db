// Messages of a language server over a WebSocket, one each.

import {
  AbstractMessageReader,
  AbstractMessageWriter,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageTransports,
} from "vscode-languageclient/browser";

class Reader extends AbstractMessageReader {
  constructor(private readonly socket: WebSocket) {
    super();
    socket.addEventListener("close", () => this.fireClose());
    socket.addEventListener("error", () => this.fireError(new Error("the connection to the language server broke off")));
  }

  listen(heard: DataCallback): Disposable {
    const take = ({ data }: MessageEvent) => heard(JSON.parse(data as string) as Message);
    this.socket.addEventListener("message", take);
    return { dispose: () => this.socket.removeEventListener("message", take) };
  }
}

class Writer extends AbstractMessageWriter {
  constructor(private readonly socket: WebSocket) {
    super();
    socket.addEventListener("close", () => this.fireClose());
  }

  async write(message: Message): Promise<void> {
    if (this.socket.readyState !== WebSocket.OPEN) throw new Error("the language server is away");
    this.socket.send(JSON.stringify(message));
  }

  end(): void {
    this.socket.close();
  }
}

export function transports(socket: WebSocket): MessageTransports {
  return { reader: new Reader(socket), writer: new Writer(socket) };
}
