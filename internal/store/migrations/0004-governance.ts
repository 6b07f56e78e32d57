import type { MigrationOf } from "../migrations.ts";

export const governance: MigrationOf = () => ({
  async up(db) {
    await db.schema
      .createTable("approvals")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("user_id", "text", (column) => column.notNull())
      .addColumn("username", "text", (column) => column.notNull())
      .addColumn("credential_kind", "text", (column) => column.notNull())
      .addColumn("credential_id", "text", (column) => column.notNull())
      .addColumn("credential_name", "text", (column) => column.notNull())
      .addColumn("credential_root", "text", (column) => column.notNull())
      .addColumn("door", "text", (column) => column.notNull())
      .addColumn("client", "text", (column) => column.notNull())
      .addColumn("ip", "text", (column) => column.notNull())
      .addColumn("call_id", "text", (column) => column.notNull())
      .addColumn("tool", "text", (column) => column.notNull())
      .addColumn("origin", "text", (column) => column.notNull())
      .addColumn("label", "text", (column) => column.notNull())
      .addColumn("effect", "text", (column) => column.notNull())
      .addColumn("arguments", "text", (column) => column.notNull())
      .addColumn("args_hash", "text", (column) => column.notNull())
      .addColumn("schema_hash", "text", (column) => column.notNull())
      .addColumn("idempotency_key", "text")
      .addColumn("open_key", "text", (column) => column.unique())
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("expires_at", "bigint", (column) => column.notNull())
      .addColumn("decided_by", "text")
      .addColumn("decided_by_name", "text")
      .addColumn("decided_at", "bigint")
      .addColumn("reason", "text")
      .addColumn("finished_at", "bigint")
      .addColumn("output", "text")
      .addColumn("problem", "text")
      .addColumn("collected_at", "bigint")
      .execute();
    await db.schema.createIndex("approvals_user").on("approvals").columns(["user_id", "created_at", "id"]).execute();
    await db.schema.createIndex("approvals_state").on("approvals").columns(["state", "expires_at"]).execute();
    await db.schema.createIndex("approvals_created").on("approvals").columns(["created_at", "id"]).execute();

    await db.schema
      .createTable("approval_policies")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("subject", "text", (column) => column.notNull())
      .addColumn("subject_id", "text", (column) => column.notNull())
      .addColumn("subject_name", "text", (column) => column.notNull())
      .addColumn("user_id", "text")
      .addColumn("tool", "text", (column) => column.notNull())
      .addColumn("mode", "text", (column) => column.notNull())
      .addColumn("set_by", "text", (column) => column.notNull())
      .addColumn("created_by", "text", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addUniqueConstraint("approval_policies_subject", ["subject", "subject_id", "tool", "set_by"])
      .execute();

    await db.schema
      .createTable("audit_entries")
      .addColumn("seq", "bigint", (column) => column.primaryKey())
      .addColumn("at", "bigint", (column) => column.notNull())
      .addColumn("call_id", "text", (column) => column.notNull())
      .addColumn("user_id", "text")
      .addColumn("username", "text", (column) => column.notNull())
      .addColumn("credential_kind", "text")
      .addColumn("credential_id", "text")
      .addColumn("credential_name", "text")
      .addColumn("door", "text", (column) => column.notNull())
      .addColumn("client", "text", (column) => column.notNull())
      .addColumn("ip", "text", (column) => column.notNull())
      .addColumn("operation", "text", (column) => column.notNull())
      .addColumn("origin", "text", (column) => column.notNull())
      .addColumn("effect", "text", (column) => column.notNull())
      .addColumn("label", "text", (column) => column.notNull())
      .addColumn("outcome", "text", (column) => column.notNull())
      .addColumn("problem_code", "text")
      .addColumn("duration_ms", "bigint", (column) => column.notNull())
      .addColumn("hash", "text", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("audit_entries_at").on("audit_entries").columns(["at"]).execute();
    await db.schema.createIndex("audit_entries_user").on("audit_entries").columns(["user_id", "seq"]).execute();
    await db.schema.createIndex("audit_entries_operation").on("audit_entries").columns(["operation", "seq"]).execute();

    await db.schema
      .createTable("audit_chain")
      .addColumn("id", "integer", (column) => column.primaryKey())
      .addColumn("head_seq", "bigint", (column) => column.notNull())
      .addColumn("head_hash", "text", (column) => column.notNull())
      .addColumn("anchor_seq", "bigint", (column) => column.notNull())
      .addColumn("anchor_hash", "text", (column) => column.notNull())
      .execute();
    await db
      .insertInto("audit_chain")
      .values({ id: 1, head_seq: 0, head_hash: "", anchor_seq: 0, anchor_hash: "" })
      .execute();

    await db.schema
      .createTable("idempotency_keys")
      .addColumn("user_id", "text", (column) => column.notNull())
      .addColumn("operation", "text", (column) => column.notNull())
      .addColumn("key", "text", (column) => column.notNull())
      .addColumn("input_hash", "text", (column) => column.notNull())
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("boot_id", "text", (column) => column.notNull())
      .addColumn("output", "text")
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("idempotency_keys_pk", ["user_id", "operation", "key"])
      .execute();
    await db.schema.createIndex("idempotency_keys_created").on("idempotency_keys").columns(["created_at"]).execute();
  },
});
