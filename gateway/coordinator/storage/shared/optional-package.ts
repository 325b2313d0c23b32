import { FtteError, messageOf } from '../../../platform';

/**
 * Loads a package that is installed only if it is needed.
 * @param needed all packages for the purpose, so that a person installs them at once
 * @throws FtteError `config-invalid` naming what to install
 */
export async function optionalPackage<T>(name: string, purpose: string, needed: string = name): Promise<T> {
  try {
    return (await import(name)) as T;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    const isMissing = ['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'].includes(code);
    const text = isMissing
      ? `storage: ${purpose} needs the package ${name}, which is not installed: run "npm install ${needed}" where this package is installed (the user directory of Node-RED) and restart`
      : `storage: the package ${name} cannot be loaded: ${messageOf(error).split('\n')[0]}`;
    throw new FtteError('config-invalid', text, { field: 'storage', reason: 'package' }, { cause: error });
  }
}
