import type { Catalog, CatalogEntry } from "../control/catalog.ts";
import { imageOf } from "../control/receive.ts";
import { withWayOut } from "../control/way-out.ts";
import { retryLater } from "./answers.ts";

/** `GET /api/jobs`: one entry per Operarius; a bad one says in `status` what is wrong with it. */
export async function listJobs(catalog: Catalog): Promise<Response> {
  try {
    return Response.json((await catalog.entries()).map(toJob));
  } catch (error) {
    return retryLater({ error: `the Operarii cannot be read: ${withWayOut(error)}` });
  }
}

function toJob({ name, namespace, read, problem, status }: CatalogEntry): object {
  const good = read.kind === "operarius" ? read.operarius : undefined;
  return {
    operariusName: name,
    jobName: good?.spec.alertSelector.alertname ?? "",
    namespace,
    image: good === undefined ? "" : imageOf(good),
    executionCount: status.executionCount ?? 0,
    lastExecutionTime: status.lastExecutionTime,
    lastExecutedJobName: status.lastExecutedJobName,
    status: problem === undefined ? status.lastExecutionStatus : `Invalid: ${problem}`,
  };
}
