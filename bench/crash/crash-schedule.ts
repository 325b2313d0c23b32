import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SeededRandom } from '../../gateway/platform';
import { freePort } from '../../tools/support/free-port';
import { startMosquitto } from '../../tools/support/mosquitto';
import type { Form } from '../attacks/protections';
import { auditCrash, type CrashBooks, folderPlaces, sharedPlaces } from './crash-audit';
import { type CrashLog, type LogServer, startLogServer } from './crash-servers';
import { type CrashState, coordinatorId, crashTask, gatewayIds, hubIds } from './crash-types';
import { Restartable } from './restartable';

/** The result of one schedule. */
export interface CrashOutcome extends CrashBooks {
  readonly seed: number;
  readonly log: CrashLog;
  readonly form: Form;
  readonly granted: boolean;
  /** The processes that were killed, in order. */
  readonly kills: readonly string[];
  /** Runs of coordinators that have led. */
  readonly leaders: number;
  readonly seconds: number;
  /** The folder of the files, which stays if something is wrong. */
  readonly folder?: string;
}

/** Says when a federation stands still, not how fast it is: with several schedules at a time a machine is busy. */
const limitMs = 60_000;
/** Looks in a row at which nothing moves, before the processes are stopped. */
const quietLooks = 10;

/** The parts of all kills that are of a coordinator, of a gateway, and of the broker; the rest are of the server of the log. */
const shares = { folder: [0.5, 0.35, 0.15], server: [0.4, 0.2, 0.15] } as const;

const noBooks: CrashBooks = {
  versions: 0,
  recomputed: 0,
  made: 0,
  merged: 0,
  taken: 0,
  refused: {},
  journalled: 0,
  applied: 0,
  lost: [],
  doubled: [],
  faults: [],
};

/**
 * One federation in processes of its own over a Mosquitto without persistence, in which 2 to 4 processes are killed at
 * moments of the seed. Then it comes to rest, and its files are audited. Seeds alternate between the plain and the protected
 * form, and between free and granted rounds. With the log on a server, the plain form has two coordinators.
 */
export async function runSchedule(seed: number, log: CrashLog = 'folder'): Promise<CrashOutcome> {
  const started = performance.now();
  const form: Form = seed % 2 === 0 ? 'protected' : 'plain';
  const granted = seed % 4 > 1;
  const folder = mkdtempSync(join(tmpdir(), 'ftte-crash-'));
  const run = new Schedule(seed, log, folder, form, granted);
  await run.play();
  const faults = [...run.faults];
  let books = noBooks;
  try {
    const places = log === 'folder' ? folderPlaces(folder) : sharedPlaces(folder);
    books = auditCrash(folder, crashTask(granted), gatewayIds, places);
  } catch (error) {
    faults.push(`audit: ${error instanceof Error ? error.stack : error}`);
  }
  faults.push(...books.faults);
  const isClean = faults.length + books.lost.length + books.doubled.length === 0;
  if (isClean) rmSync(folder, { recursive: true, force: true });
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  const { kills, leaders } = run;
  return {
    ...{ seed, log, form, granted, kills, leaders, seconds, ...books, faults },
    ...(isClean ? {} : { folder }),
  };
}

class Schedule {
  readonly faults: string[] = [];
  readonly kills: string[] = [];
  private readonly roles = new Map<string, Restartable>();
  private readonly hubs: readonly string[];

  constructor(
    private readonly seed: number,
    private readonly log: CrashLog,
    private readonly folder: string,
    private readonly form: Form,
    private readonly granted: boolean,
  ) {
    // Members by invitation are files of one machine.
    this.hubs = log === 'folder' ? [coordinatorId] : form === 'plain' ? hubIds : hubIds.slice(0, 1);
  }

  get leaders(): number {
    return this.hubs.reduce((sum, id) => sum + (this.roles.get(id)?.leads ?? 0), 0);
  }

  async play(): Promise<void> {
    const port = await freePort();
    let broker = await startMosquitto({ port });
    let server: LogServer | undefined;
    try {
      server = await startLogServer(this.log);
      await this.start(port, server?.url);
      const random = new SeededRandom(this.seed);
      const count = 2 + random.integer(3);
      const [ofHubs, ofGateways, ofBroker] = shares[server ? 'server' : 'folder'];
      for (let i = 0; i < count; i++) {
        await pause(100 + random.integer(1_400));
        const dice = random.uniform();
        const gateway = gatewayIds[random.integer(gatewayIds.length)] ?? gatewayIds[0];
        const awayMs = random.integer(800);
        // The folder has one coordinator, and draws no number for it.
        const hub = this.hubs[this.hubs.length > 1 ? random.integer(this.hubs.length) : 0] ?? coordinatorId;
        const who =
          dice < ofHubs
            ? hub
            : dice < ofHubs + ofGateways
              ? gateway
              : !server || dice < ofHubs + ofGateways + ofBroker
                ? 'broker'
                : 'log server';
        this.kills.push(who);
        if (who === 'broker') {
          await broker.stop();
          await pause(awayMs);
          broker = await startMosquitto({ port });
        } else if (who === 'log server') {
          await server?.kill();
          await pause(awayMs);
          await server?.start();
        } else {
          await this.role(who).kill();
          await pause(awayMs);
          // Not awaited: the next kill may come before it is ready.
          void this.role(who).start();
        }
      }
      await this.comeToRest();
    } catch (error) {
      this.faults.push(`the schedule failed: ${error instanceof Error ? error.stack : error}`);
    } finally {
      for (const [id, role] of this.roles) {
        this.faults.push(...role.crashes);
        await role.kill();
        if (this.faults.length > 0 && role.errors) this.faults.push(`${id} said: ${role.errors}`);
      }
      await broker.stop();
      await server?.stop();
    }
  }

  private role(id: string): Restartable {
    const role = this.roles.get(id);
    if (!role) throw new Error(`there is no ${id}`);
    return role;
  }

  /** The state of the coordinator that leads. */
  private async leaderState(): Promise<CrashState | undefined> {
    const states = await Promise.all(this.hubs.map((id) => this.role(id).state()));
    return states.find((state) => state?.leads);
  }

  private async start(port: number, storage: string | undefined): Promise<void> {
    const { form, granted, seed } = this;
    for (const [i, id] of [...this.hubs, ...gatewayIds].entries()) {
      const role = this.hubs.includes(id) ? 'coordinator' : 'gateway';
      const own = {
        role,
        id,
        port,
        folder: join(this.folder, id),
        seed: seed * 10 + i,
        form,
        granted,
        ...(role === 'coordinator' && storage !== undefined && { storage }),
      } as const;
      this.roles.set(id, new Restartable(own));
    }
    await Promise.all(this.hubs.map((id) => this.role(id).start()));
    const [first] = this.hubs;
    const invited =
      form === 'protected' && first ? await this.role(first).ask('invite', 'invitations') : undefined;
    await Promise.all(
      gatewayIds.map((id, i) => {
        const invitation = invited?.lines[i];
        return this.role(id).start(invitation ? { invitation } : {});
      }),
    );
    if (!(await this.until(async () => ((await this.leaderState())?.version ?? 0) >= 1, 3 * limitMs)))
      throw new Error('the federation does not begin to learn');
  }

  /** After the kills it has to go on learning; then no sample comes any more, and everything that waits is sent. */
  private async comeToRest(): Promise<void> {
    let version = Number.POSITIVE_INFINITY;
    const learnsAgain = await this.until(async () => {
      const state = await this.leaderState();
      if (!state?.lineage) return false;
      version = Math.min(version, state.version);
      return state.version > version;
    }, 3 * limitMs);
    if (!learnsAgain)
      this.faults.push(`no version after the kills: ${JSON.stringify(await this.leaderState())}`);
    const all = () => Promise.all(gatewayIds.map((id) => this.role(id).state()));
    // A gateway may be starting still, and gets nothing then.
    const calm = () => {
      for (const id of gatewayIds) this.role(id).order('calm');
    };
    const rests = (state: CrashState | undefined) => state?.outbox === 0 && state.phase !== 'training';
    const isRest = await this.until(async () => {
      calm();
      return (await all()).every(rests);
    }, 3 * limitMs);
    if (!isRest) this.faults.push(`outboxes do not empty: ${JSON.stringify(await all())}`);
    // Whoever leads applies what waits.
    await Promise.all(this.hubs.map((id) => this.role(id).ask('apply', 'applied')));
    // A gateway that waited for a grant may get it only now, and its round is answered before it is stopped.
    let quiet = 0;
    const isSame = await this.until(async () => {
      const own = await this.leaderState();
      const states = await all();
      const isQuiet = own !== undefined && states.every((state) => rests(state) && this.holds(state, own));
      quiet = isQuiet ? quiet + 1 : 0;
      return quiet >= quietLooks;
    }, 2 * limitMs);
    if (!isSame)
      this.faults.push(`other models: ${JSON.stringify([await this.leaderState(), ...(await all())])}`);
    for (const id of [...gatewayIds, ...this.hubs])
      if (!(await this.role(id).stop())) this.faults.push(`${id} did not end by itself`);
  }

  /** In a federation with grants a gateway follows only what it is granted. */
  private holds(state: CrashState | undefined, own: CrashState): boolean {
    if (!state) return false;
    if (this.granted) return state.lineage === own.lineage && state.version <= own.version;
    return state.version === own.version && state.digest === own.digest;
  }

  private async until(holds: () => Promise<boolean>, limitMs: number): Promise<boolean> {
    const end = performance.now() + limitMs;
    while (!(await holds())) {
      if (performance.now() > end) return false;
      await pause(200);
    }
    return true;
  }
}
