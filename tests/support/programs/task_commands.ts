/** The commands of deno.json's tasks, as the task runner's shell expands them. @module */
import config from "../../../deno.json" with { type: "json" };

/** A task's command with the flags of `deploy/flags.txt` inserted. */
export function commandOf(task: keyof typeof config.tasks): string {
  const flags = Deno.readTextFileSync(new URL("../../../deploy/flags.txt", import.meta.url));
  return config.tasks[task].command.replace("$(cat deploy/flags.txt)", flags.trim());
}
