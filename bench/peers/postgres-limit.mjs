/** The limit on PostgreSQL: one prepared INSERT a step, over a pool of ten connections. */
import pg from "pg";

export const postgresLimit = {
  name: "limit, PostgreSQL",
  packages: ["pg"],
  supports: (shape) => shape !== "dag",
  async prepare({ graph, step, postgresUrl }) {
    const pool = new pg.Pool({ connectionString: postgresUrl, max: 10 });
    await pool.query("CREATE TABLE step (run int, task int, output text, PRIMARY KEY (run, task))");
    const text = "INSERT INTO step VALUES ($1, $2, $3)";
    const keep = async (run, task) => {
      const output = JSON.stringify(await step(task));
      await pool.query({ name: "keep", text, values: [run, task, output] });
    };
    return {
      async run(run) {
        const last = graph.tasks - 1;
        if (graph.shape === "chain") for (let task = 0; task < last; task++) await keep(run, task);
        else await Promise.all(Array.from({ length: last }, (_, task) => keep(run, task)));
        await keep(run, last);
      },
      close: () => pool.end(),
    };
  },
};
