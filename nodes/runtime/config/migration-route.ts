import type { NodeAPI } from 'node-red';
import { postRoute } from '../post-route';
import { problemAnswer } from '../problem-answer';
import { type Migration, migrateConfig } from './migrate';

/**
 * `POST /ftte/<type>/config`: the config of the body in the current version, as `{ config }`, or a `ProblemAnswer` that says why
 * there is none. A dialog asks when it opens a node of an older version.
 */
export function migrationRoute(RED: NodeAPI, type: string, migrations: readonly Migration[]): void {
  postRoute(RED, `/ftte/${type}/config`, ['ftte.read'], (request, response) => {
    const body: unknown = request.body;
    try {
      response.json({ config: migrateConfig(typeof body === 'object' && body ? body : {}, migrations) });
    } catch (error) {
      response.json(problemAnswer(error));
    }
  });
}
