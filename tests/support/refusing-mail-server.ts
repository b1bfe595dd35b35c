import { type AddressInfo, createServer } from 'node:net';

/** A mail server that takes nobody, and says `text` with its refusal. */
export async function openRefusingMailServer(text: string) {
  const server = createServer((socket) => {
    // Who is refused may be gone already.
    socket.on('error', () => undefined);
    socket.end(`554 ${text}\r\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
