import * as approval from "../approval/operations.ts";
import * as audit from "../audit/operations.ts";
import * as auth from "../auth/operations.ts";
import * as command from "../command/operations.ts";
import * as event from "../event/operations.ts";
import * as file from "../file/operations.ts";
import * as group from "../group/operations.ts";
import * as integration from "../integration/operations.ts";
import * as role from "../role/operations.ts";
import * as server from "../server/operations.ts";
import * as space from "../space/operations.ts";
import * as template from "../template/operations.ts";
import * as token from "../token/operations.ts";
import * as user from "../user/operations.ts";
import * as volume from "../volume/operations.ts";

/** The table of contents: every capability of knot. Delete a line, and its route, tool, command and docs are gone. */
export const operations = [
  space.listSpaces,
  space.getSpace,
  space.createSpace,
  space.updateSpace,
  space.deleteSpace,
  space.startSpace,
  space.stopSpace,
  space.restartSpace,
  space.listSpaceEvents,
  space.getSpaceLogs,
  command.runCommand,
  file.readFile,
  file.writeFile,
  file.editFile,
  file.listFiles,
  file.find,
  file.grep,
  file.deleteFile,
  file.moveFile,
  volume.listVolumes,
  volume.deleteVolume,

  template.listTemplates,
  template.getTemplate,
  template.createTemplate,
  template.updateTemplate,
  template.deleteTemplate,
  template.validateTemplate,
  template.listTemplateVersions,

  approval.listApprovals,
  approval.getApproval,
  approval.approveCall,
  approval.denyCall,
  approval.listApprovalPolicies,
  approval.setApprovalPolicy,
  approval.deleteApprovalPolicy,

  user.whoami,
  user.changePassword,
  token.listTokens,
  token.createToken,
  token.rotateToken,
  token.revokeToken,
  auth.listSessions,
  auth.revokeSession,

  user.listUsers,
  user.getUser,
  user.createUser,
  user.updateUser,
  user.deleteUser,
  user.setPassword,
  group.listGroups,
  group.getGroup,
  group.createGroup,
  group.updateGroup,
  group.deleteGroup,
  group.addGroupMember,
  group.removeGroupMember,
  role.listRoles,
  role.getRole,
  role.createRole,
  role.updateRole,
  role.deleteRole,
  role.listPermissions,

  integration.listIntegrations,
  integration.getIntegration,
  audit.listAuditEntries,
  audit.verifyAuditLog,
  event.listEvents,
  server.getServer,
] as const;

export type Operations = typeof operations;
