// The conversation with a kernel beside what it runs for the server: completion, inspection, what there is.

type Content = { [name: string]: unknown };

interface Message {
  parent_header: { msg_id?: string };
  header: { msg_type: string };
  content: Content;
}

interface Waiting {
  reply: string;
  settle: (answer: Answer | undefined) => void;
  printed: string;
}

/** What came of a question. */
export interface Answer {
  content: Content;
  /** What was written to stdout meanwhile. */
  printed: string;
}

/** A kernel that computes answers when it is done; nobody waits for a completion that long. */
const PATIENCE = 10_000;

/** A connection that is made when something is first asked, and again after it broke. */
export class Kernel {
  private readonly session = crypto.randomUUID();
  private readonly waiting = new Map<string, Waiting>();
  private socket: WebSocket | undefined;

  constructor(readonly id: string) {}

  /** The answer to one request; undefined if none came. */
  async ask(type: string, content: Content): Promise<Answer | undefined> {
    const socket = await this.open().catch(() => undefined);
    if (socket === undefined) return undefined;
    const id = crypto.randomUUID();
    const header = { msg_id: id, msg_type: type, session: this.session, username: "", date: new Date().toISOString(), version: "5.3" };
    const answer = await new Promise<Answer | undefined>((settle) => {
      this.waiting.set(id, { reply: type.replace("_request", "_reply"), settle, printed: "" });
      setTimeout(settle, PATIENCE);
      socket.send(JSON.stringify({ channel: "shell", header, parent_header: {}, metadata: {}, content, buffers: [] }));
    });
    this.waiting.delete(id);
    return answer;
  }

  close(): void {
    this.socket?.close();
    this.socket = undefined;
  }

  private open(): Promise<WebSocket> {
    if (this.socket === undefined || this.socket.readyState > WebSocket.OPEN) {
      const address = new URL(`api/kernels/${this.id}/channels?session_id=${this.session}`, document.baseURI);
      address.protocol = address.protocol.replace("http", "ws");
      this.socket = new WebSocket(address);
      this.socket.onmessage = ({ data }: MessageEvent<unknown>) => typeof data === "string" && this.hear(JSON.parse(data) as Message);
      this.socket.onclose = () => this.forget();
    }
    const { socket } = this;
    if (socket.readyState === WebSocket.OPEN) return Promise.resolve(socket);
    return new Promise((resolve, reject) => {
      socket.addEventListener("open", () => resolve(socket));
      socket.addEventListener("close", () => reject(new Error("the kernel cannot be reached")));
    });
  }

  private hear({ header, parent_header, content }: Message): void {
    const waiting = this.waiting.get(parent_header.msg_id ?? "");
    if (waiting === undefined) return;
    if (header.msg_type === "stream" && content["name"] === "stdout") waiting.printed += String(content["text"]);
    if (header.msg_type === waiting.reply) waiting.settle({ content, printed: waiting.printed });
  }

  private forget(): void {
    for (const { settle } of this.waiting.values()) settle(undefined);
  }
}
