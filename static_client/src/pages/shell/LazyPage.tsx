// A page whose code is fetched when first needed. Not React's `lazy`: after showing that it waits, Suspense shows nothing else for
// 300 ms, and a page whose code is there already must not wait at all.
import { type ComponentType, useEffect, useState } from "react";
import { useText } from "@/locales/text";
import { Skeleton } from "@/ui/Feedback";

export class PageSource {
  ready: ComponentType | null = null;
  private fetching: Promise<void> | null = null;

  private constructor(private readonly load: () => Promise<ComponentType>) {}

  /** `pick` names the page in its module, so that modules keep named exports. */
  static of<M>(load: () => Promise<M>, pick: (module: M) => ComponentType): PageSource {
    return new PageSource(async () => pick(await load()));
  }

  /** Rejects when the code cannot be had; the next call tries again. */
  fetch(): Promise<void> {
    this.fetching ??= this.load().then(
      (page) => {
        this.ready = page;
      },
      (error: unknown) => {
        this.fetching = null;
        throw error;
      },
    );
    return this.fetching;
  }

  /** Fetch it before anybody asks. */
  ahead(): void {
    this.fetch().catch(() => undefined);
  }
}

export function LazyPage({ source }: { source: PageSource }) {
  const [, settle] = useState<unknown>(null);
  const Page = source.ready;
  useEffect(() => {
    // As it was rendered: code that came since then has to be shown too.
    if (Page) return;
    let current = true;
    source.fetch().then(
      () => current && settle({}),
      (error: unknown) => {
        // Thrown while rendering, it reaches the guard that every page has.
        if (current)
          settle(() => {
            throw error;
          });
      },
    );
    return () => {
      current = false;
    };
  }, [source, Page]);
  return Page ? <Page /> : <Waiting />;
}

function Waiting() {
  const { t } = useText();
  return (
    <main className="page page--narrow">
      <Skeleton awaited={t("app.awaited")} />
    </main>
  );
}
