import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { ModelChangeChoice } from '../../gateway/coordinator';
import { FtteError, messageOf } from '../../gateway/platform';
import type { Task } from '../../gateway/task';
import { migrationRoute, nodeError, postRoute, problemLine, runningModels } from '../runtime';
import { modelChangeOf, taskConfig } from './config';
import { importLayers } from './import-layers';
import { learnRoutes } from './learn-routes';
import { migrations } from './migrations';
import { previewTask } from './preview';

/** A task node; `taskNode` in the runtime is the way to it. */
type TaskNodeInstance = Node & { task: Task; modelChange: ModelChangeChoice };

export = (RED: NodeAPI): void => {
  function FtteTask(this: TaskNodeInstance, stored: NodeDef): void {
    RED.nodes.createNode(this, stored);
    let task: Task | undefined;
    let problem: unknown;
    try {
      task = taskConfig(stored);
      this.modelChange = modelChangeOf(stored);
    } catch (error) {
      problem = nodeError(RED, this.type, error);
      this.warn(problemLine(RED, problem));
    }
    Object.defineProperty(this, 'task', {
      get(): Task {
        if (task) return task;
        throw new FtteError(
          'config-invalid',
          `task: ${messageOf(problem)}`,
          { field: 'task' },
          { cause: problem },
        );
      },
    });
  }

  RED.nodes.registerType('ftte-task', FtteTask);
  migrationRoute(RED, 'ftte-task', migrations);
  learnRoutes(RED);

  postRoute(RED, '/ftte/task/preview', ['ftte.read'], (request, response) => {
    const body: unknown = request.body;
    const { id, name, task, fleet } =
      typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
    const running = (written: Task) => runningModels.bearing(id, written);
    void previewTask(name, task, running, fleet).then((preview) => response.json(preview));
  });

  postRoute(RED, '/ftte/task/import', ['ftte.write'], (request, response) => {
    const body: unknown = request.body;
    const { name, task, model, file } =
      typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
    response.json(importLayers(name, task, model, file));
  });
};
