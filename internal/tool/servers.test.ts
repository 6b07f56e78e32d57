import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ToolIndex } from "./search.ts";

type Row = { server: string; name: string; description: string; parameters: string[] };

const rows: Row[] = JSON.parse(readFileSync(join(import.meta.dirname, "testdata/servers.json"), "utf8"));

/** What people and models ask for when the servers of a team are connected, and the tool that does it. */
const asked: readonly (readonly [query: string, tool: string])[] = [
  ["file a bug report on the repo", "github__create_issue"],
  ["which issues are still open", "github__list_issues"],
  ["close the issue", "github__update_issue"],
  ["comment on the PR", "github__add_issue_comment"],
  ["open a PR for my branch", "github__create_pull_request"],
  ["show me all open PRs", "github__list_pull_requests"],
  ["what did this pull request change", "github__get_pull_request_diff"],
  ["merge it", "github__merge_pull_request"],
  ["read the README from github", "github__get_file_contents"],
  ["why did CI fail, list the last workflow runs", "github__list_workflow_runs"],
  ["retry the failed pipeline run", "github__rerun_workflow"],
  ["tag the issue as a bug label", "github__add_label"],
  ["untag: remove the wontfix label", "github__remove_label"],
  ["what labels exist", "github__list_labels"],
  ["commit these files", "github__push_files"],
  ["tell the team on slack that the deploy is done", "slack__post_message"],
  ["answer in the thread", "slack__reply_to_thread"],
  ["what was said in the channel lately", "slack__get_channel_history"],
  ["thumbs up emoji on that message", "slack__add_reaction"],
  ["how many rows in the orders table, run SQL", "postgres__query"],
  ["which columns does the users table have", "postgres__describe_table"],
  ["why is this SQL slow, show the query plan", "postgres__explain_query"],
  ["list db tables", "postgres__list_tables"],
  ["go to a website", "browser__navigate"],
  ["press the login button", "browser__click"],
  ["take a screenshot", "browser__screenshot"],
  ["enter my name into the form field", "browser__fill"],
  ["run js in the page", "browser__evaluate"],
  ["show pod logs", "kube__getPodLogs"],
  ["how are my k8s pods doing", "kube__listPods"],
  ["scale up to 5 replicas", "kube__scaleDeployment"],
  ["kubectl apply a yaml", "kube__applyManifest"],
  ["rollout restart of the api deployment", "kube__restartDeployment"],
  ["schedule a meeting tomorrow at 10", "calendar__create_event"],
  ["when are we both free", "calendar__find_free_slots"],
  ["what is on my calendar today", "calendar__list_events"],
  ["reschedule the meeting", "calendar__update_event"],
  ["email the customer", "mail__send_email"],
  ["find the mail from Anna", "mail__search_emails"],
  ["prepare an email but do not send it yet", "mail__create_draft"],
  ["create a ticket", "tracker__createTicket"],
  ["move the ticket to done", "tracker__transitionTicket"],
  ["book two hours on the ticket", "tracker__logWork"],
  ["give Ben access to the document", "drive__share_file"],
  ["download the file", "drive__download_file"],
  ["search the internet", "web__search"],
  ["fetch a URL", "web__fetch"],
  ["stack trace of the exception", "errors__get_error"],
  ["look up a contact in hubspot", "crm__getContact"],
  ["move the deal to another stage", "crm__updateDeal"],
  ["paypal invoice for a customer", "pay__create_invoice"],
  ["give the customer their money back", "pay__refund_payment"],
  ["transcript of a youtube video", "video__get_transcript"],
];

test("the ranking finds the tools of a team's servers", () => {
  const index = new ToolIndex();
  for (const { server, name, description, parameters } of rows) {
    const texts = parameters.map((parameter) => ({ name: parameter, text: "" }));
    index.add({ id: `${server}__${name}`, server, name, title: "", description, keywords: [], parameters: texts });
  }
  const ranks = asked.map(([query, tool]) => index.search(query, { limit: 5 }).findIndex(({ id }) => id === tool));
  const missed = asked.filter((_, at) => ranks[at] === -1).map(([query]) => query);
  const recall = ranks.filter((rank) => rank >= 0).length / ranks.length;
  const mrr = ranks.reduce((sum, rank) => sum + (rank < 0 ? 0 : 1 / (rank + 1)), 0) / ranks.length;
  assert.ok(recall >= 0.9 && mrr >= 0.75, `recall@5 ${recall.toFixed(2)}, MRR ${mrr.toFixed(2)}, missed: ${missed}`);
});
