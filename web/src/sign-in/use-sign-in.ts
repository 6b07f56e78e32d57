import { useMutation } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { postAuth } from "../api/auth.ts";
import { queryClient } from "../api/query.ts";

/** Signs in (or sets up) and goes on to where the person wanted to be; only to places of this site. */
export function useSignIn(route: "login" | "setup", from: string | undefined) {
  const router = useRouter();
  return useMutation({
    mutationFn: (body: Readonly<Record<string, unknown>>) => postAuth(route, body),
    onSuccess: () => {
      queryClient.clear();
      router.history.push(isOwnPath(from) ? from : "/spaces");
    },
  });
}

const isOwnPath = (path: string | undefined): path is string =>
  path !== undefined && new URL(path, location.origin).origin === location.origin && /^\/(?![/\\])/.test(path);
