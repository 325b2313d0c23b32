import type { NodeAPI } from 'node-red';
import { describeValue, FtteError } from '../../gateway/platform';
import {
  CoordinatorMonitor,
  coordinatorActions,
  type Monitors,
  nodeError,
  type ParticipantMonitor,
  participantActions,
  postRoute,
  problemAnswer,
} from '../runtime';
import { type LiveFeed, watchMs } from './live-feed';
import { zipOf } from './zip';

type Body = Readonly<Record<string, unknown>>;

/**
 * Routes of the sidebar.
 * `POST /ftte/sidebar` with `{ editor }`: everything about all roles, as a `FeedSnapshot`; the editor watches from now on.
 * `POST /ftte/sidebar/watch` with `{ editor, shown }`: it still watches, or does no more.
 * `POST /ftte/sidebar/:id/action` with `{ action, version }`: has a role do something. The answer of a coordinator is
 * `{ isNewVersion }`; 409 with a `ProblemAnswer` if it fails, and with `stored`, the versions, if another one was to be rolled back to.
 * `GET /ftte/sidebar/:id/model`: the published model as a zip archive.
 */
export function sidebarRoutes(RED: NodeAPI, feed: LiveFeed, monitors: Pick<Monitors, 'get'>): void {
  const { httpAdmin, auth } = RED;
  postRoute(RED, '/ftte/sidebar', ['ftte.read'], (request, response) => {
    const editor = editorOf(request.body);
    if (editor === undefined) return void response.status(400).json({ text: 'editor: expected its id' });
    feed.watch(editor);
    response.json({ ...feed.snapshot(), watchMs });
  });

  postRoute(RED, '/ftte/sidebar/watch', ['ftte.read'], (request, response) => {
    const editor = editorOf(request.body);
    if (editor === undefined) return void response.status(400).json({ text: 'editor: expected its id' });
    if ((request.body as Body)['shown'] === true) feed.watch(editor);
    else feed.leave(editor);
    response.json({});
  });

  postRoute(RED, '/ftte/sidebar/:id/action', ['ftte.write'], (request, response) => {
    const monitor = monitors.get(String(request.params.id));
    if (!monitor) return void response.status(404).json({ text: 'this node does not run' });
    const body: Body = typeof request.body === 'object' && request.body !== null ? request.body : {};
    act(monitor, body).then(
      (isNewVersion) => response.json({ isNewVersion }),
      (error) => {
        const type = monitor.head.kind === 'coordinator' ? 'ftte-coordinate' : 'ftte-train';
        const stored = error instanceof FtteError ? error.details['stored'] : undefined;
        response
          .status(409)
          .json({ ...problemAnswer(nodeError(RED, type, error)), ...(stored !== undefined && { stored }) });
      },
    );
  });

  httpAdmin.get('/ftte/sidebar/:id/model', auth.needsPermission('ftte.read'), (request, response) => {
    const monitor = monitors.get(String(request.params.id));
    if (!(monitor instanceof CoordinatorMonitor))
      return void response.status(404).json({ text: 'no coordinator of this id runs' });
    monitor.files().then(
      (files) => response.type('application/zip').send(zipOf(files)),
      (error) => response.status(409).json(problemAnswer(error)),
    );
  });
}

function editorOf(body: unknown): string | undefined {
  const editor = (body as { editor?: unknown } | undefined)?.editor;
  return typeof editor === 'string' && /^[\w-]{1,64}$/.test(editor) ? editor : undefined;
}

/**
 * Has a role do something.
 * @returns whether a coordinator has another version than before
 * @throws FtteError `message-invalid` for an action that there is not; else as the role itself
 */
async function act(
  monitor: CoordinatorMonitor | ParticipantMonitor,
  body: Body,
): Promise<boolean | undefined> {
  const { action, version } = body;
  if (version !== undefined && !(Number.isInteger(version) && Number(version) >= 0))
    throw new FtteError(
      'message-invalid',
      `version: expected the number of a version, got ${describeValue(version)}`,
    );
  if (monitor instanceof CoordinatorMonitor)
    return monitor.act(oneOf(coordinatorActions, action), version as number | undefined);
  await monitor.act(oneOf(participantActions, action));
  return undefined;
}

function oneOf<Name extends string>(names: readonly Name[], value: unknown): Name {
  const found = names.find((name) => name === value);
  if (found !== undefined) return found;
  throw new FtteError('message-invalid', `action: expected ${names.join(', ')}, got ${describeValue(value)}`);
}
