/* The dialog of the task node: fields to a task and back, and the figures beside it. Runs in the editor. */
(() => {
  const $ = window.$;
  const RED = window.RED;

  const presets = {
    wearable: {
      input: {
        channels: [
          { name: 'acc_x', unit: 'g', centre: 1, spread: 0.5 },
          { name: 'acc_y', unit: 'g', centre: 0, spread: 0.5 },
          { name: 'acc_z', unit: 'g', centre: 0, spread: 0.5 },
          { name: 'gyro_x', unit: 'rad/s', centre: 0, spread: 1 },
          { name: 'gyro_y', unit: 'rad/s', centre: 0, spread: 1 },
          { name: 'gyro_z', unit: 'rad/s', centre: 0, spread: 1 },
        ],
        rateHz: 50,
        length: 128,
        hop: 64,
        normalisation: 'channel',
      },
      labels: ['WALKING', 'WALKING_UPSTAIRS', 'WALKING_DOWNSTAIRS', 'SITTING', 'STANDING', 'LAYING'],
    },
    ecg: {
      input: {
        channels: [{ name: 'ecg', unit: 'mV', centre: -0.3, spread: 0.5 }],
        rateHz: 125,
        length: 187,
        hop: 187,
        normalisation: 'channel',
      },
      labels: ['N', 'S', 'V', 'F', 'Q'],
    },
    vitals: {
      input: {
        channels: [
          { name: 'hr', unit: 'bpm', centre: 80, spread: 13 },
          { name: 'resp', unit: 'breaths/min', centre: 12.5, spread: 2 },
          { name: 'eda_mean', unit: 'uS', centre: 1, spread: 1.3 },
          { name: 'temp_mean', unit: 'degC', centre: 31, spread: 2.3 },
          { name: 'bvp_std', unit: '', centre: 38, spread: 53 },
          { name: 'acc_mag_mean', unit: 'g', centre: 1, spread: 0.02 },
          { name: 'acc_mag_std', unit: 'g', centre: 0.02, spread: 0.05 },
        ],
        rateHz: 1,
        length: 30,
        hop: 10,
        normalisation: 'channel',
      },
      labels: ['REST', 'STRESS'],
    },
    forecast: {
      kind: 'forecast',
      input: {
        channels: [
          { name: 'hr', unit: 'bpm', centre: 90, spread: 18 },
          { name: 'resp', unit: 'breaths/min', centre: 17, spread: 4 },
          { name: 'spo2', unit: '%', centre: 97, spread: 1 },
          { name: 'temp', unit: 'degC', centre: 33, spread: 0.8 },
        ],
        rateHz: 1,
        length: 120,
        hop: 5,
        normalisation: 'window',
      },
      forecast: { horizon: 30, channels: ['hr', 'resp'] },
    },
    anomaly: {
      kind: 'anomaly',
      input: {
        channels: [{ name: 'ecg', unit: 'mV', centre: 0, spread: 0.2 }],
        rateHz: 125,
        length: 128,
        hop: 64,
        normalisation: 'channel',
      },
      anomaly: { falseAlarms: 0.01 },
    },
  };

  /** What a task of a kind begins with, and the losses that suit it. */
  const kinds = {
    classification: { preset: 'cnn1d', losses: ['softmax-cross-entropy', 'binary-cross-entropy'] },
    forecast: { preset: 'mlp', losses: ['mean-squared-error', 'huber'] },
    anomaly: { preset: 'autoencoder1d', losses: ['mean-squared-error', 'huber'] },
  };

  /** Simple fields: where each one lives in the task. `if` names the choice it belongs to. */
  const fields = [
    { id: 'kind', path: 'kind', choice: 'classification' },
    { id: 'horizon', path: 'forecast.horizon', if: ['kind', 'forecast'] },
    { id: 'forecast-channels', path: 'forecast.channels', if: ['kind', 'forecast'], list: true },
    { id: 'false-alarms', path: 'anomaly.falseAlarms', if: ['kind', 'anomaly'], factor: 0.01 },
    { id: 'rate', path: 'input.rateHz' },
    { id: 'length', path: 'input.length' },
    { id: 'hop', path: 'input.hop' },
    { id: 'normalisation', path: 'input.normalisation', choice: 'channel' },
    { id: 'seed', path: 'seed' },
    { id: 'loss', path: 'training.loss', choice: 'auto' },
    { id: 'strategy', path: 'selection.strategy', choice: 'magnitude' },
    { id: 'measure-samples', path: 'selection.measureSamples' },
    { id: 'warm-samples', path: 'warmStart.samples' },
    { id: 'warm-epochs', path: 'warmStart.epochs' },
    { id: 'optimiser', path: 'training.optimiser.kind', choice: 'sgd' },
    { id: 'momentum', path: 'training.optimiser.momentum', if: ['optimiser', 'sgd'], empty: 0.9 },
    { id: 'learning-rate', path: 'training.learningRate' },
    { id: 'batch', path: 'training.batchSize' },
    { id: 'epochs', path: 'training.epochs' },
    { id: 'min-samples', path: 'training.minSamples' },
    { id: 'max-samples', path: 'training.maxSamplesPerRound' },
    { id: 'rule', path: 'aggregation.rule.kind', choice: 'ftte' },
    { id: 'over-selection', path: 'aggregation.rule.overSelection', if: ['rule', 'fedavg'] },
    { id: 'mixing', path: 'aggregation.rule.mixing', if: ['rule', 'fedasync'] },
    { id: 'fadas-rate', path: 'aggregation.rule.learningRate', if: ['rule', 'fadas'] },
    { id: 'delay-threshold', path: 'aggregation.rule.delayThreshold', if: ['rule', 'fadas'] },
    { id: 'participation', path: 'aggregation.participation.kind', choice: 'free' },
    { id: 'concurrency', path: 'aggregation.participation.concurrency', if: ['participation', 'granted'] },
    { id: 'buffer', path: 'aggregation.bufferSize' },
    { id: 'max-wait', path: 'aggregation.maxWaitMs', factor: 1000 },
    { id: 'sample-exponent', path: 'aggregation.sampleExponent' },
    { id: 'age', path: 'aggregation.age.kind', choice: 'polynomial' },
    { id: 'alpha', path: 'aggregation.age.alpha', if: ['age', 'polynomial'] },
    { id: 'grace', path: 'aggregation.age.grace', if: ['age', 'hinge'] },
    { id: 'slope', path: 'aggregation.age.slope', if: ['age', 'hinge'] },
    { id: 'decay', path: 'aggregation.age.rate', if: ['age', 'exponential'] },
    { id: 'variance', path: 'aggregation.variance', choice: 'gradient' },
    { id: 'max-age', path: 'aggregation.maxAge' },
    { id: 'max-norm', path: 'aggregation.maxNorm' },
    { id: 'server', path: 'aggregation.server.kind', choice: 'sgd' },
    { id: 'server-rate', path: 'aggregation.server.learningRate' },
    { id: 'server-momentum', path: 'aggregation.server.momentum', if: ['server', 'sgd'] },
    { id: 'average', path: 'aggregation.averageVersions' },
    { id: 'update-encoding', path: 'encoding.update', choice: 'int8' },
    { id: 'patch-encoding', path: 'encoding.patch', choice: 'int8' },
  ];

  const element = (id) => $(`#ftte-task-${id}`);
  const get = (object, path) =>
    path.split('.').reduce((at, key) => (at == null ? undefined : at[key]), object);
  function set(object, path, value) {
    const keys = path.split('.');
    const last = keys.pop();
    let at = object;
    for (const key of keys) {
      at[key] = at[key] || {};
      at = at[key];
    }
    at[last] = value;
  }
  /** Settings whose kind decides which others there are: those of another kind are not taken along. */
  const choices = [
    'training.optimiser',
    'aggregation.rule',
    'aggregation.participation',
    'aggregation.age',
    'aggregation.server',
  ];
  function remove(object, path) {
    const keys = path.split('.');
    const last = keys.pop();
    const at = keys.length > 0 ? get(object, keys.join('.')) : object;
    if (at) delete at[last];
  }
  /** A number where it is one; other text (`${NAME}`, mistakes) as it is, for the runtime to judge. */
  function number(text) {
    const trimmed = String(text).trim();
    return trimmed !== '' && Number.isFinite(Number(trimmed)) ? Number(trimmed) : trimmed;
  }
  /** Without what binary fractions add. */
  const exact = (value) => Number(value.toPrecision(12));
  function bytes(count) {
    if (count < 1024) return `${count} B`;
    if (count < 1024 * 1024) return `${(count / 1024).toFixed(count < 10240 ? 1 : 0)} KB`;
    return `${(count / 1024 / 1024).toFixed(1)} MB`;
  }

  window.ftteTaskDialog = (node) => {
    const text = (key, words) => node._(`ftte-task.${key}`, words);
    let problem = node.problem || '';
    let timer;
    let asked = 0;
    /** The task as it was last seen, as text. */
    let seen = '';
    /** What is wrong with the layers' JSON, where something is. */
    let layersProblem = '';

    function input(name, value, width) {
      return $('<input type="text">')
        .attr('placeholder', text(`channel.${name}`))
        .css('width', width)
        .val(value);
    }

    function makeLists() {
      const header = $('<div class="ftte-task-list-header">');
      for (const name of ['name', 'unit', 'centre', 'spread'])
        header.append($('<span>').text(text(`channel.${name}`)));
      element('channels')
        .css({ height: '175px' })
        .editableList({
          header,
          sortable: true,
          removable: true,
          addItem(container, _index, channel) {
            const row = $('<div class="ftte-task-list-row">').appendTo(container);
            for (const [name, fallback] of [
              ['name', ''],
              ['unit', ''],
              ['centre', 0],
              ['spread', 1],
            ])
              row.append(
                input(name, channel[name] ?? fallback, 'auto').addClass(`ftte-task-channel-${name}`),
              );
            row.on('input change', 'input', changed);
          },
          removeItem: changed,
          sortItems: changed,
        });
      element('labels')
        .css({ height: '145px' })
        .editableList({
          sortable: true,
          removable: true,
          addItem(container, _index, item) {
            const field = input('label', item.label ?? '', '100%').addClass('ftte-task-label');
            $('<div class="ftte-task-list-row">').append(field).appendTo(container);
            field.on('input change', changed);
          },
          removeItem: changed,
          sortItems: changed,
        });
    }

    function fillData(task) {
      const data = task.input || {};
      element('channels').editableList('empty');
      element('channels').editableList('addItems', data.channels || []);
      element('labels').editableList('empty');
      element('labels').editableList(
        'addItems',
        (task.labels || []).map((label) => ({ label })),
      );
    }

    function fill(task) {
      fillData(task);
      for (const field of fields) {
        const stored = get(task, field.path);
        const applies = !field.if || element(field.if[0]).val() === field.if[1];
        let value = stored ?? field.choice ?? '';
        if (field.factor && typeof stored === 'number') value = exact(stored / field.factor);
        if (field.list && Array.isArray(stored)) value = stored.join(', ');
        if (applies) element(field.id).val(value);
      }
      const model = task.model || { preset: 'cnn1d', size: 'S' };
      element('model').val(model.layers ? 'layers' : model.preset);
      element('size').val(model.size || 'S');
      const example = [
        { type: 'conv1d', filters: 16, kernel: 5 },
        { type: 'relu' },
        { type: 'globalaveragepool1d' },
        { type: 'dense', units: (task.labels || []).length || 2 },
      ];
      element('layers').typedInput({ types: ['json'], default: 'json' });
      element('layers').typedInput('value', JSON.stringify(model.layers || example));
    }

    function readModel() {
      const kind = element('model').val();
      if (kind !== 'layers') return { preset: kind, size: element('size').val() };
      const json = element('layers').typedInput('value');
      try {
        return { layers: JSON.parse(json) };
      } catch (error) {
        layersProblem = error.message;
        return { layers: json };
      }
    }

    /** The value a field shows, as the task has it; undefined where it is left empty. */
    function shownValue(field) {
      const shown = String(element(field.id).val() ?? '').trim();
      if (shown === '' && field.empty === undefined) return undefined;
      if (field.choice) return shown;
      if (field.list) return shown.split(',').map((name) => name.trim());
      const value = number(shown === '' ? field.empty : shown);
      return field.factor && typeof value === 'number' ? exact(value * field.factor) : value;
    }

    function read() {
      // Settings that have no field here stay as they are.
      const task = JSON.parse(JSON.stringify(node.task || {}));
      for (const path of choices) {
        const field = fields.find((each) => each.path === `${path}.kind`);
        if ((get(task, `${path}.kind`) ?? field.choice) !== shownValue(field)) remove(task, path);
      }
      for (const kind of ['forecast', 'anomaly']) if (element('kind').val() !== kind) delete task[kind];
      for (const field of fields) {
        // A choice that this dialog does not offer is kept.
        if (element(field.id).val() === null) continue;
        const applies = !field.if || element(field.if[0]).val() === field.if[1];
        const value = applies ? shownValue(field) : undefined;
        if (value !== undefined) set(task, field.path, value);
        else if (applies) remove(task, field.path);
      }
      // Without windows to make it of there is no warm start.
      if (get(task, 'warmStart.samples') === undefined) delete task.warmStart;
      task.model = readModel();
      task.input.channels = element('channels')
        .editableList('items')
        .toArray()
        .map((item) => {
          const value = (name) => item.find(`.ftte-task-channel-${name}`).val().trim();
          return {
            name: value('name'),
            unit: value('unit'),
            centre: number(value('centre')),
            spread: number(value('spread')),
          };
        });
      delete task.labels;
      if (task.kind === 'classification')
        task.labels = element('labels')
          .editableList('items')
          .toArray()
          .map((item) => item.find('.ftte-task-label').val().trim());
      return task;
    }

    function show() {
      const chosen = (id) => element(id).val();
      for (const kind of Object.keys(kinds)) $(`.ftte-task-if-${kind}`).toggle(chosen('kind') === kind);
      const { losses } = kinds[chosen('kind')] || kinds.classification;
      if (chosen('loss') !== 'auto' && !losses.includes(chosen('loss'))) element('loss').val('auto');
      element('loss')
        .children()
        .each(function () {
          $(this).prop('hidden', this.value !== 'auto' && !losses.includes(this.value));
        });
      // Its output is its input: no other kind has a use for it.
      element('model')
        .find('[value="autoencoder1d"]')
        .prop('hidden', chosen('kind') !== 'anomaly');
      $('.ftte-task-if-preset').toggle(chosen('model') !== 'layers');
      $('.ftte-task-if-layers').toggle(chosen('model') === 'layers');
      const measures = ['contribution', 'gradient', 'dynamic'];
      $('.ftte-task-if-measures').toggle(measures.includes(chosen('strategy')));
      $('.ftte-task-if-warm').toggle(String(chosen('warm-samples')).trim() !== '');
      $('.ftte-task-if-sgd').toggle(chosen('optimiser') === 'sgd');
      for (const kind of ['polynomial', 'hinge', 'exponential'])
        $(`.ftte-task-if-${kind}`).toggle(chosen('age') === kind);
      $('.ftte-task-if-rule').each(function () {
        const rules = $(this).attr('data-rules').split(' ');
        $(this).toggle(rules.includes(chosen('rule')));
      });
      const weighsAges = ['ftte', 'fedbuff', 'fedasync'].includes(chosen('rule'));
      $('.ftte-task-if-age').toggle(weighsAges && chosen('age') !== 'constant');
      $('.ftte-task-if-granted').toggle(chosen('participation') === 'granted');
      $('.ftte-task-if-server-sgd').toggle(chosen('server') === 'sgd');
      element('server-rate').attr('placeholder', chosen('server') === 'sgd' ? 'auto' : '0.01');
    }

    /** Another kind of task: its own model, where the one chosen is that of the kind before. */
    function kindChanged() {
      const presetsOfKinds = Object.values(kinds).map(({ preset }) => preset);
      if (presetsOfKinds.includes(element('model').val()))
        element('model').val(kinds[element('kind').val()].preset);
      if (element('kind').val() === 'forecast' && element('horizon').val() === '') element('horizon').val(10);
      if (element('kind').val() === 'anomaly' && element('false-alarms').val() === '')
        element('false-alarms').val(1);
    }

    function changed() {
      show();
      // Leaving a field tells of its change again: what was judged stays judged.
      const now = JSON.stringify(read());
      if (now === seen) return;
      seen = now;
      clearTimeout(timer);
      // Nobody knows yet what is wrong with what is there now; the runtime will tell.
      problem = '';
      timer = setTimeout(ask, 250);
    }

    function ask() {
      const question = ++asked;
      const task = read();
      if (typeof task.model.layers === 'string') {
        present({ field: 'model.layers', text: `model.layers: ${layersProblem}` });
        return;
      }
      $.ajax({
        url: 'ftte/task/preview',
        method: 'POST',
        contentType: 'application/json',
        data: JSON.stringify({ name: $('#node-config-input-name').val(), task }),
      })
        .done((answer) => {
          if (question === asked) present(answer);
        })
        .fail(() => {
          if (question === asked) present({ field: '', text: text('error.preview') });
        });
    }

    function mark(path) {
      $('.ftte-task-content .input-error').removeClass('input-error');
      const field = fields.find((each) => path === each.path || (each.list && path.startsWith(each.path)));
      if (field) element(field.id).addClass('input-error');
      if (path.startsWith('model') && element('model').val() === 'layers')
        element('layers').next('.red-ui-typedInput-container').addClass('input-error');
      else if (path.startsWith('model')) element('model').addClass('input-error');
      const [list, index, property] = path.replace('input.channels', 'channels').split('.');
      if (index === undefined || (list !== 'channels' && list !== 'labels')) return;
      const item = element(list).editableList('items').toArray()[Number(index)];
      if (item)
        item
          .find(list === 'labels' ? '.ftte-task-label' : `.ftte-task-channel-${property}`)
          .addClass('input-error');
    }

    function present(answer) {
      const panel = $('.ftte-task-preview');
      problem = answer.text || '';
      mark(answer.field || '');
      panel.toggleClass('ftte-task-preview-stale', problem !== '');
      panel
        .find('.ftte-task-preview-problem')
        .text(problem)
        .toggle(problem !== '');
      if (problem) return;
      panel.find('.ftte-task-preview-summary').html(
        text('preview.summary', {
          parameters: answer.parameters.toLocaleString(),
          seconds: answer.windowSeconds.toLocaleString(undefined, { maximumFractionDigits: 2 }),
          model: bytes(answer.modelBytes),
          dense: bytes(answer.denseBytes),
        }),
      );
      $('.ftte-task-shapes').text(text('preview.shapes', { shapes: answer.shapes.join('  →  ') }));
      const table = panel.find('table').empty();
      const head = $('<tr>').appendTo($('<thead>').appendTo(table));
      for (const name of ['budget', 'trained', 'microBatch', 'needs', 'step', 'update'])
        head.append($('<th>').text(text(`preview.${name}`)));
      const rows = $('<tbody>').appendTo(table);
      for (const each of answer.budgets) {
        const row = $('<tr>')
          .append($('<td>').text(bytes(each.budgetBytes)))
          .appendTo(rows);
        if (each.neededBytes !== undefined) {
          row.append(
            $('<td colspan="5">').text(text('preview.tooSmall', { needed: bytes(each.neededBytes) })),
          );
          continue;
        }
        const share = `${Math.round(each.trainedShare * 100)} %`;
        const step = `${Math.round(each.stepCost * 100)} %`;
        for (const shown of [share, each.microBatch, bytes(each.peakBytes), step, bytes(each.updateBytes)])
          row.append($('<td>').text(shown));
      }
      presentTensors(answer);
    }

    /** What each budget trains of each kernel. */
    function presentTensors({ tensors, budgets }) {
      const table = $('.ftte-task-tensors table').empty();
      const head = $('<tr>').appendTo($('<thead>').appendTo(table));
      for (const title of [text('preview.tensor'), '', ...budgets.map((each) => bytes(each.budgetBytes))])
        head.append($('<th>').text(title));
      const rows = $('<tbody>').appendTo(table);
      tensors.forEach(({ name, shape, whole }, i) => {
        const row = $('<tr>')
          .append($('<td>').text(name), $('<td class="ftte-task-frozen">').text(shape))
          .appendTo(rows);
        for (const each of budgets) {
          const trained = each.trained ? each.trained[i] : 0;
          const shown =
            trained === 0 ? '–' : trained === whole ? text('preview.all') : `${trained} / ${whole}`;
          row.append(
            $('<td>')
              .toggleClass('ftte-task-frozen', trained === 0)
              .text(shown),
          );
        }
      });
    }

    function makePresets() {
      for (const name of Object.keys(presets)) {
        $('<button type="button" class="red-ui-button">')
          .text(text(`preset.${name}`))
          .appendTo(element('presets'))
          .on('click', () => {
            const preset = presets[name];
            fillData(preset);
            element('kind').val(preset.kind || 'classification');
            kindChanged();
            for (const field of fields.filter((each) => /^(input|forecast|anomaly)\./.test(each.path))) {
              const value = get(preset, field.path);
              if (value === undefined) continue;
              const shown = field.factor ? exact(value / field.factor) : value;
              element(field.id).val(field.list ? value.join(', ') : shown);
            }
            changed();
          });
      }
    }

    /** Takes the layers of a saved model into the task; its weights are the coordinator's to read. */
    function importFrom(file) {
      const told = (words) => element('import-problem').text(words || '');
      told();
      if (file.size > 2 * 1024 * 1024) {
        told(text('error.importSize', { name: file.name }));
        return;
      }
      file.text().then((model) => {
        $.ajax({
          url: 'ftte/task/import',
          method: 'POST',
          contentType: 'application/json',
          data: JSON.stringify({ name: $('#node-config-input-name').val() || 'task', task: read(), model }),
        })
          .done((answer) => {
            told(answer.text);
            if (answer.text) return;
            element('model').val('layers');
            element('layers').typedInput('value', JSON.stringify(answer.layers));
            element('loss').val(answer.loss);
            changed();
          })
          .fail(() => told(text('error.import')));
      });
    }

    const tabs = RED.tabs.create({
      id: 'ftte-task-tabs',
      onchange(tab) {
        $('#ftte-task-tabs-content').children().hide();
        $(`#${tab.id}`).show();
      },
    });
    for (const [name, icon] of [
      ['data', 'fa fa-bars'],
      ['model', 'fa fa-cube'],
      ['training', 'fa fa-repeat'],
      ['federation', 'fa fa-share-alt'],
    ])
      tabs.addTab({ id: `ftte-task-tab-${name}`, label: text(`tab.${name}`), iconClass: icon });
    tabs.activateTab('ftte-task-tab-data');
    makePresets();
    makeLists();
    fill(node.task || {});
    element('kind').on('change', kindChanged);
    element('import').on('click', () => element('import-file').trigger('click'));
    element('import-file').on('change', function () {
      const [file] = this.files;
      // The same file again, mended, is news.
      $(this).val('');
      if (file) importFrom(file);
    });
    $('#ftte-task-tabs-content').on('input change', 'input, select', changed);
    // Filling scrolls a list to its end.
    for (const list of ['channels', 'labels']) element(list).scrollTop(0).parent().scrollTop(0);
    show();
    ask();

    return {
      read,
      problem: () => problem,
      resize() {},
      close() {
        clearTimeout(timer);
        asked++;
      },
    };
  };
})();
