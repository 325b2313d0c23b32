/* The version of a node's settings: a dialog shows those of an older version as the runtime would read them. */

import { explained } from './words.mjs';

const $ = window.$;

/** The version of a node from before versions were stored. */
const firstVersion = 1;
const versionOf = (configVersion) => Number(configVersion ?? firstVersion);
/** Whether the settings of a node are of a version. */
export const isOfVersion = ({ configVersion }, version) => versionOf(configVersion) === version;

/** The setting `configVersion` of a node whose migrations lead to `version`. */
export function versionSetting(version, text) {
  return {
    value: version,
    validate: (given, _options) => versionOf(given) <= version || text('error.newer'),
  };
}

/**
 * Calls `done` with the settings to change in a node, and whether it then has the current version. At once if it has
 * that already; else the runtime is asked, and `done` is not called if the dialog is closed meanwhile.
 */
export function migrated(node, version, text, done) {
  const stored = versionOf(node.configVersion);
  if (stored === version) return done({}, true);
  if (stored > version) return done({}, false, text('error.newer'));
  const form = $('#node-input-name, #node-config-input-name').get(-1);
  const settings = Object.fromEntries(Object.keys(node._def.defaults).map((name) => [name, node[name]]));
  const finish = (...answer) => {
    if (document.contains(form)) done(...answer);
  };
  $.ajax({
    url: `ftte/${node.type}/config`,
    method: 'POST',
    contentType: 'application/json',
    data: JSON.stringify(settings),
  })
    .done(({ config, code, text: problem }) => {
      if (!config) return finish({}, false, explained(code, problem));
      const isNew = ([name, value]) => JSON.stringify(value) !== JSON.stringify(settings[name]);
      finish(Object.fromEntries(Object.entries(config).filter(isNew)), true);
    })
    .fail(() => finish({}, false, text('error.unanswered')));
}
