import type { Response } from 'express';
import type { NodeAPI } from 'node-red';
import { describeValue, FtteError, systemClock } from '../../gateway/platform';
import { postRoute, problemAnswer } from '../runtime';
import { learnedFromMessages } from './learned';
import { listenTo, type Wire } from './listening';
import { measureTable } from './measure-table';

type Body = Readonly<Record<string, unknown>>;

/** Listenings at a time: each looks at every message of this Node-RED. */
const mostListenings = 4;
const mostSeconds = 60;
/** Outputs that may lead to a window node. */
const mostOutputs = 64;

/**
 * Routes with which the dialog learns a task. They keep nothing.
 * `POST /ftte/task/listen` with `{ window, outputs, seconds, label, time }`: listens to what is on its way to a window node;
 * answers a `Learned` or the `problem`.
 * `POST /ftte/task/table` with `{ name, data, isWhole }`, the first bytes of a file in base64: the same of a CSV file.
 */
export function learnRoutes(RED: NodeAPI): void {
  let listening = 0;
  let isReading = false;

  postRoute(RED, '/ftte/task/listen', ['ftte.write'], async (request, response) => {
    if (listening >= mostListenings) return void response.json({ problem: { key: 'busy' } });
    listening++;
    try {
      const { wire, seconds } = asked(request.body);
      if (!runs(RED, wire)) return void response.json({ problem: { key: 'not-deployed' } });
      const { survey, end, elapsedMs, deployed } = await listenTo(
        RED,
        wire,
        seconds * 1000,
        systemClock,
        gone(response),
      );
      if (end === 'gone') return;
      const learned = learnedFromMessages(survey.result, seconds);
      if ('problem' in learned) return void response.json(learned);
      const extra = [
        ...(end === 'full'
          ? [{ key: 'flood', words: { seconds: Math.max(0.1, Math.round(elapsedMs / 100) / 10) } }]
          : []),
        ...(deployed ? [{ key: 'deployed' }] : []),
      ];
      response.json({ ...learned, notes: [...extra, ...learned.notes] });
    } catch (error) {
      response.status(400).json(problemAnswer(error));
    } finally {
      listening--;
    }
  });

  postRoute(RED, '/ftte/task/table', ['ftte.write'], async (request, response) => {
    if (isReading) return void response.json({ problem: { key: 'busy' } });
    isReading = true;
    try {
      response.json(await measureTable(bodyOf(request.body)));
    } catch (error) {
      response.status(400).json(problemAnswer(error));
    } finally {
      isReading = false;
    }
  });
}

/** Resolves if the editor goes away before it has an answer. */
const gone = (response: Response): Promise<void> =>
  new Promise((resolve) => {
    response.once('close', () => {
      if (!response.writableEnded) resolve();
    });
  });

/** Whether something is deployed whose messages could arrive. */
function runs(RED: NodeAPI, { target, outputs }: Wire): boolean {
  if (RED.nodes.getNode(target)) return true;
  return outputs.some((output) => RED.nodes.getNode(output.replace(/:\d+$/, '')));
}

const bodyOf = (body: unknown): Body => (typeof body === 'object' && body !== null ? (body as Body) : {});

/** @throws FtteError `message-invalid` naming the field, what came and what was expected */
function asked(body: unknown): { wire: Wire; seconds: number } {
  const { window, outputs, seconds, label = '', time = '' } = bodyOf(body);
  const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= 256;
  const wrong = (field: string, expected: string, got: unknown) =>
    new FtteError('message-invalid', `${field}: expected ${expected}, got ${describeValue(got)}`, { field });
  if (!isText(window)) throw wrong('window', 'the id of a node', window);
  if (!Array.isArray(outputs) || outputs.length > mostOutputs || !outputs.every(isText))
    throw wrong('outputs', `at most ${mostOutputs} ids of nodes with an index`, outputs);
  if (!(typeof seconds === 'number' && seconds >= 1 && seconds <= mostSeconds))
    throw wrong('seconds', `1 to ${mostSeconds}`, seconds);
  if (!isText(label)) throw wrong('label', 'a path in a message', label);
  if (!isText(time)) throw wrong('time', 'a path in a message', time);
  return { wire: { target: window, outputs, label, time }, seconds };
}
