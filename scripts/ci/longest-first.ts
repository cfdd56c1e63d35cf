/** The order of test files: what takes longest begins first, so that nothing long is left alone at the end. */
import type { TestSpecification } from "vitest/node";
import { BaseSequencer } from "vitest/node";

/** Small files, and scenarios by the dozen on a cluster of their own: by size alone they would come last. */
const LONG = /[/\\]test[/\\](sandbox|faults)[/\\].*(scenarios|killed|storm|mixed|demonstration)/;

/** Vitest's own order within the long ones, and within the others. */
export class LongestFirst extends BaseSequencer {
  /** `files` in the order in which they shall begin. */
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => LONG.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
