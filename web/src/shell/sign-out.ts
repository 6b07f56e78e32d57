import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { postAuth } from "../api/auth.ts";
import { problemIn } from "../api/problem-error.ts";
import { queryClient } from "../api/query.ts";
import { showToast } from "../ui/toast.tsx";

/** Ends the session and forgets everything that was read in it. */
export function useSignOut() {
  const navigate = useNavigate();
  return useMutation({
    mutationFn: () => postAuth("logout"),
    onSuccess: async () => {
      await navigate({ to: "/login", ignoreBlocker: true });
      queryClient.clear();
    },
    onError: (error) => {
      const { title, detail } = problemIn(error);
      showToast({ tone: "bad", title, text: detail });
    },
  });
}
