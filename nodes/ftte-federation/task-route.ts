import { createHash } from 'node:crypto';
import type { NodeAPI } from 'node-red';
import { type ModelFollower, refusalCode, refusalText } from '../../gateway/participant';
import { type ProblemAnswer, postRoute, problemAnswer } from '../runtime';

/** The task that a gateway has not taken, for the dialog. Its text says why, and what to do. */
export interface HeldBackAnswer extends ProblemAnswer {
  /** Whether a person may accept it. */
  readonly canAccept: boolean;
  /** Names the task, so that a person accepts the one that was shown. */
  readonly task: string;
}

/**
 * `GET /ftte/federation/:id/task`: a `HeldBackAnswer`, or `{}` if the newest task is taken or the node does not run.
 * `POST` with `{ task }` accepts it; 409 if another one has come since.
 */
export function taskRoute(RED: NodeAPI, followerOf: (nodeId: string) => ModelFollower | undefined): void {
  const path = '/ftte/federation/:id/task';
  RED.httpAdmin.get(path, RED.auth.needsPermission('ftte.read'), (request, response) => {
    response.json(heldBack(followerOf(String(request.params.id))) ?? {});
  });
  postRoute(RED, path, ['ftte.write'], (request, response) => {
    const follower = followerOf(String(request.params.id));
    const asked: unknown = (request.body as { task?: unknown } | undefined)?.task;
    if (!follower || heldBack(follower)?.task !== asked) {
      response.status(409).json({ text: 'another task has come, or none waits' });
      return;
    }
    try {
      follower.acceptTask();
      response.json({});
    } catch (error) {
      response.status(409).json(problemAnswer(error));
    }
  });
}

function heldBack(follower: ModelFollower | undefined): HeldBackAnswer | undefined {
  const { refusal, heldBackTask } = follower ?? {};
  if (!refusal) return undefined;
  const task = createHash('sha256')
    .update(JSON.stringify(heldBackTask ?? refusal.text))
    .digest('hex')
    .slice(0, 16);
  return {
    code: refusalCode(refusal),
    text: refusalText(refusal),
    canAccept: refusal.kind === 'waiting',
    task,
  };
}
