/** The id of a message that has one: an update, a grant or an acknowledgement. */
export const idOf = (body: object): { id?: string } =>
  'id' in body && typeof body.id === 'string' ? { id: body.id } : {};

/** A message as the log names it. */
export const named = (type: string, id: string | undefined) => (id === undefined ? type : `${type} ${id}`);
