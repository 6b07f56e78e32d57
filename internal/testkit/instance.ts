import { randomUUID } from "node:crypto";

/** Names one run of the tests, so that what it leaves behind can be told from what others have in the same engine. */
export const testRun = (): string => process.env["KNOT_TEST_RUN"] ?? "test";

/** An installation of its own, by whose name the engine's things are known as this run's. */
export const testInstance = (): string => `${testRun()}-${randomUUID()}`;
