/** Which images this server takes. */
export type ImageRules = {
  /** Patterns in which `*` stands for anything; empty takes every image. */
  readonly allowed: readonly string[];
  /** Whether an image must be named by its digest. */
  readonly pinned: boolean;
};

export const everyImage: ImageRules = { allowed: [], pinned: false };

/** What speaks against an image, null when nothing does. The word "host" names none, and no rule is asked about it. */
export function checkImage(image: string, { allowed, pinned }: ImageRules): string | null {
  if (!/^[a-z0-9][a-z0-9._:/@-]*$/i.test(image) || image.length > 255) {
    return "must be the name of an image, such as docker.io/library/debian:bookworm-slim";
  }
  if (image === "host") return null;
  // a digest would not mend what is not allowed
  return (allowed.length === 0 ? null : notAllowed(image, allowed)) ?? (pinned ? notPinned(image) : null);
}

function notPinned(image: string): string | null {
  if (/@sha256:[0-9a-f]{64}$/.test(image)) return null;
  return `must carry its digest, as in ${image.split("@")[0]}@sha256:..., because server.templates.pinned_images is on`;
}

function notAllowed(image: string, allowed: ImageRules["allowed"]): string | null {
  // an engine takes the beginning of an id for an image that it has, whatever its name
  if (/^([0-9a-f]{1,64}|sha256:.*)$/.test(image)) return "could be an id: write its name with a tag";
  const names = namesOf(image);
  if (allowed.some((pattern) => names.some((name) => fits(name, fullPattern(pattern))))) return null;
  return `${image} is none of those this server takes: server.templates.allowed_images has ${allowed.join(", ")}`;
}

/** Its full name with and without the tag. A digest decides alone: what stands for a tag beside it means nothing. */
function namesOf(image: string): readonly string[] {
  const [named = "", digest] = image.split("@");
  const tag = /:([^/:]*)$/.exec(named)?.[1];
  const repository = fullName(tag === undefined ? named : named.slice(0, -tag.length - 1));
  return [repository, digest === undefined ? `${repository}:${tag ?? "latest"}` : `${repository}@${digest}`];
}

/** As an engine completes it: debian is docker.io/library/debian. */
function fullName(name: string): string {
  const [first = "", ...rest] = name.split("/");
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const path = hasHost ? rest.join("/") : name;
  const host = hasHost && first !== "index.docker.io" ? first : "docker.io";
  return host === "docker.io" && !path.includes("/") ? `${host}/library/${path}` : `${host}/${path}`;
}

/** A pattern that begins with `*` is taken as it is; others are completed as names are. */
const fullPattern = (pattern: string): string => (pattern.startsWith("*") ? pattern : fullName(pattern));

/** Word by word, without going back: no pattern makes this slow. */
function fits(name: string, pattern: string): boolean {
  const [first = "", ...words] = pattern.split("*");
  const last = words.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first)) return false;
  let from = first.length;
  for (const word of words) {
    const at = name.indexOf(word, from);
    if (at < 0) return false;
    from = at + word.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}
