/**
 * Limits of the hosted broker. It shares a process with the flows of its owner, so memory and connections are bounded
 * whatever clients do. They are constants: a federation that needs more is past what Node-RED should host.
 */
export const limits = {
  /** Most clients at the same time. */
  clients: 1000,
  /** Most clients of one user that stands for one gateway or coordinator: it may come back before the old connection ended. */
  clientsOfUser: 8,
  /** Most clients from one address of another machine. */
  clientsOfAddress: 256,
  /** Time for CONNECT after a connection was made, and for the handshakes of TLS and WebSockets before it, ms. */
  connectMs: 5_000,
  /** Most connections that have not sent CONNECT; the oldest of the address with the most of them makes room. */
  waiting: 512,
  waitingOfAddress: 128,
  /** The largest packet of a client that is not known yet: a CONNECT with its will. */
  connectBytes: 8 * 1024,
  /** Bytes that wait for one client: a client that reads slower than it is written to is disconnected. */
  unsentBytes: 16 * 2 ** 20,
  /** Bytes that wait for or from all clients: the client with the most of them is disconnected. */
  heldBytes: 64 * 2 ** 20,
  /** Time in which a client has to take in what is sent to it, and to complete what it sends, ms. */
  stallMs: 60_000,
  /** Most subscriptions of one client. */
  subscriptions: 64,
  /** Most retained messages, and their bytes. Further ones are delivered and not kept. */
  retained: 10_000,
  retainedBytes: 32 * 2 ** 20,
  /** The same for one gateway that is a user of its own: it has two. */
  retainedOfGateway: 16,
  retainedBytesOfGateway: 256 * 1024,
  /** Passwords that are checked at the same time: each takes 16 MB and a thread that files need, too. */
  checks: 2,
  /** Passwords that wait for that; further clients come again later. */
  waitingChecks: 64,
  /** Most users. */
  users: 5000,
} as const;
