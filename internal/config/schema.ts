import { z } from "zod";

const address = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]*):\d{1,5}$/, "must be host:port, such as 127.0.0.1:3000")
  .refine((value) => !(Number(value.slice(value.lastIndexOf(":") + 1)) > 65535), "has a port above 65535");

/** What people type: cookies, links and /mcp begin there, so it has neither a path nor anything secret. */
const ownUrl = z.string().refine((value) => value === "" || (URL.canParse(value) && isOrigin(new URL(value))), {
  message: "must be http:// or https:// with a host and nothing behind it, such as https://knot.example.com",
});

const isOrigin = (url: URL): boolean => /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;

const httpUrl = z
  .string()
  .refine((value) => value === "" || (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)), {
    message: "must be an http or https URL",
  });

// libpq allows user@/database, which leaves the host to a parameter or the default; URL does not
const postgresUrl = z
  .string()
  .refine(
    (value) => value === "" || (/^postgres(ql)?:\/\//.test(value) && URL.canParse(value.replace("@/", "@localhost/"))),
    { message: "must be a postgres:// or postgresql:// URL" },
  );

const engine = (socket: string, product: string) =>
  z.strictObject({
    enabled: z
      .enum(["auto", "always", "never"])
      .default("auto")
      .describe(`auto: use ${product} when its socket answers; always: not ready without it; never: leave it alone`),
    host: z
      .string()
      .regex(/^unix:\/\/\/.+/, "must be a unix socket, such as unix:///var/run/docker.sock")
      .default(`unix://${socket}`)
      .describe(`Where ${product} listens`),
  });

const RemoteServer = z
  .strictObject({
    namespace: z
      .string()
      .regex(/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/, "must be 1 to 32 of a-z, 0-9 and -")
      .refine((namespace) => namespace !== "knot", "is taken: knot is the origin of knot's own tools")
      .describe("Prefix of its tools: ai lists generate-text as ai__generate-text, and ai.generate-text works too"),
    url: httpUrl.optional().describe("Address of a Streamable HTTP server"),
    token: z.string().optional().meta({ secret: true }).describe("Bearer token for it"),
    headers: z
      .record(z.string(), z.string())
      .default({})
      .meta({ secret: true })
      .describe("Further HTTP headers for it"),
    command: z.string().optional().describe("Program of a stdio server, started without a shell"),
    args: z.array(z.string()).default([]).describe("Arguments of the program"),
    env: z
      .record(z.string(), z.string())
      .default({})
      .meta({ secret: true })
      .describe("All it gets of environment, beside PATH"),
    tool_visibility: z
      .enum(["native", "discoverable", "hidden"])
      .default("discoverable")
      .describe("native: always listed; discoverable: found by tool_search; hidden: only callable by name"),
    separator: z
      .string()
      .regex(/^[_-]{1,4}$/, "must be 1 to 4 of _ and -, which every model's function names allow")
      .default("__")
      .describe("Between namespace and tool in listed names"),
    hidden: z.array(z.string()).default([]).describe("Tools of it that are only callable by name"),
    trusted: z
      .boolean()
      .default(false)
      .describe("Believe its read-only hints; without, each of its tools counts as writing"),
    timeout_seconds: z
      .number()
      .min(1)
      .max(3600)
      .default(30)
      .describe("How long one call may take; each sign of progress starts it anew, up to ten times as long"),
  })
  .refine((server) => (server.url === undefined) !== (server.command === undefined), {
    message: "needs either url or command, and not both",
  });

/** Everything knot.toml can say. The example file, the reference, the flags and the environment names derive from it. */
export const ConfigSchema = z.strictObject({
  data_dir: z
    .string()
    .min(1)
    .default("data")
    .describe("Folder of the database, the keys and the process spaces; created with mode 0700"),
  log: z
    .strictObject({
      level: z
        .enum(["trace", "debug", "info", "warn", "error", "silent"])
        .default("info")
        .describe("How much is logged"),
    })
    .prefault({}),
  server: z
    .strictObject({
      listen: address
        .default("127.0.0.1:3000")
        .describe("Where the daemon listens, host:port; :3000 is every interface"),
      url: ownUrl.default("").describe("Address people and clients use; empty: http:// and the listen address"),
      encrypt: z
        .string()
        .refine((value) => value === "" || Buffer.from(value, "base64").length === 32, "must be 32 bytes in base64")
        .default("")
        .meta({ secret: true })
        .describe(
          "Key that seals secrets at rest, 32 bytes in base64; empty: generated into data_dir/knot.key, mode 0600",
        ),
      trusted_proxies: z
        .array(z.string())
        .default([])
        .describe("Addresses of proxies whose X-Forwarded-For is believed"),
      shutdown_seconds: z
        .number()
        .int()
        .min(0)
        .max(300)
        .default(10)
        .describe("How long requests in flight may finish on SIGTERM"),
      audit_retention: z.number().int().min(1).max(3650).default(90).describe("Days the audit log is kept"),
      tls: z
        .strictObject({
          cert_file: z.string().default("").describe("PEM certificate; with key_file the daemon serves https"),
          key_file: z.string().default("").describe("PEM key of the certificate"),
        })
        .refine((tls) => (tls.cert_file === "") === (tls.key_file === ""), "cert_file and key_file go together")
        .prefault({}),
      mcp: z
        .strictObject({
          enabled: z.boolean().default(false).describe("Serve the MCP endpoint at /mcp"),
          native_tools: z
            .boolean()
            .default(false)
            .describe("List every permitted tool instead of tool_search and execute_tool"),
          disable_builtin_tools: z.array(z.string()).default([]).describe("Operations that are not offered as tools"),
          allowed_origins: z
            .array(z.string())
            .default([])
            .describe("Origins of browser clients beside the daemon's own"),
          allowed_hosts: z.array(z.string()).default([]).describe("Host names accepted beside the url's and localhost"),
          session_idle_seconds: z
            .number()
            .int()
            .min(10)
            .max(86400)
            .default(1800)
            .describe("When an idle session of a 2025 client ends"),
          max_sessions: z
            .number()
            .int()
            .min(1)
            .max(100000)
            .default(1000)
            .describe("Sessions kept; the least recently used goes first"),
          remote_servers: z
            .array(RemoteServer)
            .superRefine((servers, context) => {
              const names = servers.map(({ namespace }) => namespace);
              for (const [at, name] of names.entries()) {
                if (names.indexOf(name) === at) continue;
                context.addIssue({ code: "custom", path: [at, "namespace"], message: `is taken by another: ${name}` });
              }
            })
            .default([])
            .describe("MCP servers whose tools are offered too"),
        })
        .prefault({}),
      docker: engine("/var/run/docker.sock", "Docker")
        .extend({
          guard_host: z
            .boolean()
            .default(true)
            .describe(
              "Keep spaces from this machine's own ports and from 169.254.0.0/16 with iptables rules, which needs root; without it a warning says what to run",
            ),
        })
        .prefault({}),
      podman: engine("/run/podman/podman.sock", "Podman").prefault({}),
      process: z
        .strictObject({
          enabled: z.boolean().default(true).describe("Offer spaces that are processes on this machine"),
          isolation: z
            .enum(["sandbox", "plain"])
            .default("sandbox")
            .describe("sandbox: bubblewrap; plain: NO isolation, spaces run as the daemon's user with all its files"),
        })
        .prefault({}),
      templates: z
        .strictObject({
          allowed_images: z
            .array(
              z
                .string()
                .regex(/^[A-Za-z0-9._:/@*-]+$/, "must be a name of images, such as docker.io/library/* or debian:12"),
            )
            .default([])
            .describe(
              "Images templates may name; * stands for anything, a name without a tag for all its tags, one without a registry for docker.io; empty: all",
            ),
          pinned_images: z
            .boolean()
            .default(false)
            .describe("Take only images whose name ends with their digest (@sha256)"),
        })
        .prefault({}),
      postgres: z
        .strictObject({
          url: postgresUrl
            .default("")
            .meta({ secret: true })
            .describe("postgres:// URL; empty: SQLite in data_dir/knot.db"),
        })
        .prefault({}),
      variables: z
        .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/, "must be a letter, then letters, digits and _"), z.string())
        .default({})
        .describe("Values that templates name as .var.<name>; whoever may use templates can see them, so no secrets"),
      approvals: z
        .strictObject({
          expire_hours: z.number().min(0.01).max(720).default(24).describe("How long a pending approval waits"),
        })
        .prefault({}),
    })
    .prefault({}),
});

/** The configuration after defaults; frozen by loadConfig. */
export type Config = z.output<typeof ConfigSchema>;
