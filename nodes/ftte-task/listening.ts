import type { NodeAPI } from 'node-red';
import type { Clock } from '../../gateway/platform';
import { StreamSurvey } from '../../gateway/stream';
import { messageProperty } from '../runtime';

/** A wire to listen to: messages on their way to a node, and those that some outputs send. */
export interface Wire {
  /** Id of the window node. */
  readonly target: string;
  /** Outputs that lead to it in the editor, `<id of a node>:<index>`, for wires that are not deployed yet. */
  readonly outputs: readonly string[];
  /** Paths of label and time in a message; empty: messages have none. */
  readonly label: string;
  readonly time: string;
}

/** A message between two nodes, as Node-RED's hook `onSend` gives it. */
interface SendEvent {
  readonly msg: Record<string, unknown>;
  readonly source: {
    readonly id: string;
    readonly port?: number;
    readonly node?: { readonly _alias?: string };
  };
  readonly destination: { readonly id: string; readonly node?: { readonly _alias?: string } };
}

interface Hooks {
  add(id: string, callback: (events: readonly SendEvent[]) => void): void;
  remove(id: string): void;
}

/** Why a listening ended. */
export type ListeningEnd = 'time' | 'full' | 'gone';

export interface Listened {
  readonly survey: StreamSurvey;
  readonly end: ListeningEnd;
  /** Milliseconds that it took. */
  readonly elapsedMs: number;
  /** Whether flows were deployed meanwhile. */
  readonly deployed: boolean;
}

/** Listenings so far: each has a hook of its own. */
let listenings = 0;

/**
 * Listens to the messages of a wire and measures them while they pass; nothing is kept of them.
 * @param gone resolves when nobody waits for the answer any more
 */
export async function listenTo(
  RED: NodeAPI,
  wire: Wire,
  ms: number,
  clock: Clock,
  gone: Promise<void>,
): Promise<Listened> {
  const hooks = (RED as unknown as { readonly hooks: Hooks }).hooks;
  const hook = `onSend.ftte-listen-${++listenings}`;
  const outputs = new Set(wire.outputs);
  const survey = new StreamSurvey();
  const startMs = clock.now();
  let deployed = false;
  const onDeploy = () => {
    deployed = true;
  };
  const end = await new Promise<ListeningEnd>((resolve) => {
    const timer = clock.after(ms, () => resolve('time'), { holdsProcess: true });
    void gone.then(() => {
      timer.cancel();
      resolve('gone');
    });
    RED.events.on('flows:started', onDeploy);
    hooks.add(hook, (events) => {
      // One message may go to several nodes.
      const taken = new Set<object>();
      for (const event of events) {
        if (!isMeant(event, wire.target, outputs) || taken.has(event.msg)) continue;
        taken.add(event.msg);
        survey.take(messageOf(RED, event.msg, wire, clock.now()));
      }
      if (!survey.isFull) return;
      timer.cancel();
      resolve('full');
    });
  });
  hooks.remove(hook);
  RED.events.removeListener('flows:started', onDeploy);
  return { survey, end, elapsedMs: clock.now() - startMs, deployed };
}

function isMeant({ source, destination }: SendEvent, target: string, outputs: ReadonlySet<string>): boolean {
  // Nodes of a subflow have ids of their own, and remember that of the editor.
  if (destination.id === target || destination.node?._alias === target) return true;
  if (outputs.size === 0) return false;
  const port = source.port ?? 0;
  return outputs.has(`${source.id}:${port}`) || outputs.has(`${source.node?._alias}:${port}`);
}

function messageOf(RED: NodeAPI, msg: Record<string, unknown>, { label, time }: Wire, receivedMs: number) {
  const at = (path: string) => (path === '' ? undefined : messageProperty(RED, msg as never, path));
  return {
    payload: msg['payload'],
    topic: msg['topic'],
    subject: msg['subject'],
    label: at(label),
    time: at(time),
    receivedMs,
  };
}
