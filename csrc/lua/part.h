/* Temporary files beside the file that they will replace, in a folder to which others may be able to write.
 */
#ifndef CORE_PART_H
#define CORE_PART_H

/* Opens the file for reading and writing, or creates it, giving others no more permissions than the target
 * does. target: a path, at which there need not be a file, or NULL. Refuses a file that somebody else may
 * have prepared, to have another file overwritten or to keep control of the new one. The file is locked while
 * it is open. Returns the descriptor; or -1 with errno set (EWOULDBLOCK: another opener has the lock), and
 * *refusal if there is a more specific reason. */
int part_open(const char *path, const char *target, const char **refusal);

/* Gives the file the owner, group and permissions of the target, if the target exists. If the process may not
 * set the owner or group, they stay as they are, and that group gets no more permissions than everybody.
 * Returns 0 or an error number. */
int part_copy_permissions(int fd, const char *target);

/* For small files that only the user may read, in such a folder. private_create() makes a new one, in place
 * of whatever is there; private_open() opens one for reading, if nobody else can have made or changed it.
 * Each returns the descriptor, or -1 with errno set. */
int private_create(const char *path);
int private_open(const char *path);

#endif
