import type { NodeAPI } from 'node-red';

type Handler = ReturnType<NodeAPI['auth']['needsPermission']>;

/**
 * A route of the editor that changes or starts something. It takes JSON alone, and nothing from a page of another site as far
 * as the browser says: such a page could use it with the browser of somebody who may.
 * @param permissions that the user needs, all of them
 */
export function postRoute(
  { httpAdmin, auth }: Pick<NodeAPI, 'httpAdmin' | 'auth'>,
  path: string,
  permissions: readonly string[],
  handler: Handler,
): void {
  httpAdmin.post(
    path,
    ...permissions.map((permission) => auth.needsPermission(permission)),
    requireEditor,
    handler,
  );
}

const requireEditor: Handler = ({ headers }, response, next) => {
  const type = headers['content-type'] ?? '';
  const site = headers['sec-fetch-site'] ?? 'none';
  if (site !== 'same-origin' && site !== 'none')
    response.status(403).json({ text: `the request comes from a page of another site (${site})` });
  else if (/^application\/json\s*(;|$)/i.test(type)) next();
  else response.status(415).json({ text: `content-type: expected application/json, got ${type || 'none'}` });
};
