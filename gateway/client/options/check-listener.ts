import { describeValue, FtteError } from '../../platform';

/** Checks an event and its listener. @throws FtteError `config-invalid` that names the events */
export function checkListener(name: unknown, listener: unknown, events: readonly string[]): void {
  if (typeof name !== 'string' || !events.includes(name)) {
    const text = `event: expected one of ${events.join(', ')}, got ${describeValue(name)}`;
    throw new FtteError('config-invalid', text, { field: 'event' });
  }
  if (typeof listener === 'function') return;
  const text = `listener: expected a function, got ${describeValue(listener)}`;
  throw new FtteError('config-invalid', text, { field: 'listener' });
}
