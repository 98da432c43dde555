// Who is signed in, and the gate in front of every page that needs it.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext } from "react";
import { Navigate, useLocation, useNavigate } from "react-router";
import { problemText } from "@/locales/problem";
import { useText } from "@/locales/text";
import { Button } from "@/ui/Button";
import { ErrorState, Skeleton } from "@/ui/Feedback";
import { api } from "@/wire/api";
import { asProblem } from "@/wire/problem";
import type { Me } from "@/wire/protocol.gen";

const MeContext = createContext<Me | null>(null);
export const ME_KEY = ["me"] as const;

/** The person signed in; only inside pages behind the gate. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error("useMe outside SignedIn");
  return me;
}

export function useSignOut(): () => void {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return useCallback(() => {
    void api
      .signOut()
      .catch(() => undefined)
      .then(() => {
        queries.clear();
        navigate("/sign-in");
      });
  }, [queries, navigate]);
}

/** Shows its pages to somebody signed in; others go to sign-in and come back to the same address. */
export function SignedIn({ children }: { children: ReactNode }) {
  const { t } = useText();
  const place = useLocation();
  const { data, error, refetch } = useQuery({
    queryKey: ME_KEY,
    queryFn: ({ signal }) => api.me(signal),
    staleTime: 60_000,
  });
  if (data) return <MeContext.Provider value={data}>{children}</MeContext.Provider>;
  if (!error) {
    return (
      <main className="page page--narrow">
        <Skeleton awaited={t("app.awaited")} rows={[32, 20, 20, 120]} />
      </main>
    );
  }
  const problem = asProblem(error);
  if (problem.status === 401) {
    const next = place.pathname + place.search;
    return <Navigate to={next === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(next)}`} replace />;
  }
  return (
    <main className="page page--narrow">
      <ErrorState
        title={problemText(t, problem)}
        code={problem.code}
        action={<Button onClick={() => void refetch()}>{t("app.retry")}</Button>}
      />
    </main>
  );
}
