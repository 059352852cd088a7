/* Files that are written next to the file whose place they will take. Others may be able to write to the
 * folder. */
#ifndef CORE_PART_H
#define CORE_PART_H

/* Opens the file for reading and writing, or creates it, with no more permissions for others than the target
 * has. target: NULL, or a path where there may be nothing. What somebody else may have put there to have
 * another file overwritten, or to keep the new one in his hands, is refused. The descriptor; or -1 with errno
 * set, and *refusal if that tells more. */
int part_open(const char *path, const char *target, const char **refusal);

/* Gives the file the owner, the group and the permissions of the target, if there is one. An owner or a group
 * that this process must not set stays as it is, and then that group has no more permissions than everybody.
 * 0, or an error number. */
int part_copy_permissions(int fd, const char *target);

#endif
