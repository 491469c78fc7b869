/** DBOS on PostgreSQL: a workflow function whose steps are stored before they return. Its pool has its default size, 10. */
import { DBOS } from "@dbos-inc/dbos-sdk";

export const dbos = {
  name: "DBOS",
  packages: ["@dbos-inc/dbos-sdk"],
  supports: () => true,
  async prepare({ graph, step, postgresUrl }) {
    DBOS.setConfig({ name: "bench", systemDatabaseUrl: postgresUrl, logLevel: "error" });
    const workflow = DBOS.registerWorkflow(
      async () => {
        const done = [];
        for (const [index, before] of graph.parents.entries())
          done.push(waitFor(done, before).then(() => DBOS.runStep(() => step(index), { name: `t${index}` })));
        await Promise.all(done);
      },
      { name: "bench" },
    );
    await DBOS.launch();
    return {
      async run(run) {
        const handle = await DBOS.startWorkflow(workflow, { workflowID: `run-${run}` })();
        await handle.getResult();
      },
      close: () => DBOS.shutdown(),
    };
  },
};

function waitFor(done, before) {
  return Promise.all(before.map((parent) => done[parent]));
}
