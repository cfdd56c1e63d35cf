/** Lists in pages: the whole of a large collection never travels as one answer. */
import { isExpired } from "./errors.ts";
import type { Live, Page } from "./types.ts";

/** What the server answers to one LIST request. */
export interface ListAnswer<T> {
  metadata?: { resourceVersion?: string; continue?: string };
  items?: Live<T>[] | null;
}

/**
 * Yields the pages in order. A continue token lives about five minutes; when it has expired (410) the list starts
 * over once, without pages, which cannot expire.
 */
export async function* readPages<T>(
  pageSize: number,
  fetchPage: (limit: number | undefined, token: string | undefined) => Promise<ListAnswer<T>>,
): AsyncGenerator<Page<T>> {
  let token: string | undefined;
  do {
    let answer: ListAnswer<T>;
    const first = token === undefined;
    try {
      answer = await fetchPage(pageSize, token);
    } catch (error) {
      if (first || !isExpired(error)) throw error;
      yield toPage(await fetchPage(undefined, undefined), true);
      return;
    }
    yield toPage(answer, first);
    token = answer.metadata?.continue || undefined;
  } while (token !== undefined);
}

function toPage<T>(answer: ListAnswer<T>, first: boolean): Page<T> {
  return { items: answer.items ?? [], resourceVersion: answer.metadata?.resourceVersion ?? "", first };
}
