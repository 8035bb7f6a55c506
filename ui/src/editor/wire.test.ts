import { expect, test } from "vitest";

import { fromWire, toWire } from "./wire.ts";

const MESSAGE = { channel: "shell", header: { msg_type: "comm_msg" }, parent_header: {}, metadata: {}, content: { name: "größe" }, buffers: [] as ArrayBuffer[] };
const listed = (buffer: ArrayBuffer) => Array.from(new Uint8Array(buffer));
const bytes = (...values: number[]) => new Uint8Array(values).buffer;

test.each([[[]], [[bytes(1, 2, 3)]], [[bytes(), bytes(7), bytes(8, 9)]]])("a message with its buffers comes back: %#", (buffers) => {
  const written = toWire({ ...MESSAGE, buffers });
  expect(typeof written).toBe(buffers.length === 0 ? "string" : "object");
  const { buffers: back, ...rest } = fromWire(written);
  expect(rest).toEqual({ ...MESSAGE, buffers: undefined });
  expect(back.map(listed)).toEqual(buffers.map(listed));
});

test("where each part begins, in bytes from the first", () => {
  const written = toWire({ ...MESSAGE, buffers: [bytes(5)] }) as ArrayBuffer;
  const numbers = new DataView(written);
  expect([numbers.getUint32(0), numbers.getUint32(4), numbers.getUint32(8)]).toEqual([2, 12, written.byteLength - 1]);
});
