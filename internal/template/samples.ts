/** The templates a new server starts with. */
export const samples: readonly { readonly name: string; readonly spec: string }[] = [
  {
    name: "debian",
    spec: `# A small Debian in a container. Everything in /home/dev survives; the rest is made anew when the template changes.
# It runs as user 1000. To install packages as root, write "user: root"; "user: image" is the user the image names.
description: Debian with a home that survives
image: docker.io/library/debian:\${{ .custom.release }}
command: [sleep, infinity]
working_dir: /home/dev
environment:
  SPACE: \${{ .space.name }}
volumes:
  - name: home
    path: /home/dev
memory: 2G
cpus: 2
parameters:
  - name: release
    type: choice
    title: Release
    description: Which Debian
    choices: [bookworm-slim, trixie-slim]
    default: bookworm-slim
`,
  },
  {
    name: "sandbox",
    spec: `# A sandboxed process with the programs of this machine: needs no container engine, no image and no network.
description: The programs of this machine in a sandbox, without a network
runtime: process
image: host
command: [sleep, infinity]
network: none
environment:
  SPACE: \${{ .space.name }}
volumes:
  - name: home
    path: /home/dev
working_dir: /home/dev
memory: 1G
cpus: 1
`,
  },
];
