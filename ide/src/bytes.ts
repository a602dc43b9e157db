// Bytes as base64, the form that they have on the wire.

type Native = { fromBase64?(text: string): Uint8Array };

export function fromBase64(text: string): Uint8Array {
  const native = Uint8Array as unknown as Native;
  if (native.fromBase64) return native.fromBase64(text);
  const binary = atob(text);
  return Uint8Array.from(binary, (it) => it.charCodeAt(0));
}

export function toBase64(bytes: Uint8Array): string {
  const native = bytes as Uint8Array & { toBase64?(): string };
  if (native.toBase64) return native.toBase64();
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(binary);
}
