/** Makes the checkout ready and prints the PATH that its commands want: `export PATH="$(node tools/setup.mjs)"`. */
import { bootstrap, runTool } from "./bootstrap.mjs";

await runTool(async () => {
  const { env } = await bootstrap();
  process.stdout.write(`${env["PATH"]}\n`);
  return 0;
});
