#include "emulator/line/name.h"

#include "emulator/alloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Is something else there than a name, such as that of an earlier run? */
static bool is_taken(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 && !S_ISLNK(status.st_mode);
}

/* Created under a temporary name and renamed. */
bool emu_name_set(const char *path, const char *target)
{
    if (is_taken(path)) {
        errno = EEXIST;
        return false;
    }
    char *temporary = emu_text("%s.%ld", path, (long)getpid());
    unlink(temporary);
    bool made = symlink(target, temporary) == 0 && rename(temporary, path) == 0;
    int why = errno;
    if (!made)
        unlink(temporary);
    free(temporary);
    errno = why;
    return made;
}

void emu_name_remove(const char *path, const char *target)
{
    char found[128];
    ssize_t length = readlink(path, found, sizeof found - 1);
    if (length < 0)
        return;
    found[length] = '\0';
    if (strcmp(found, target) == 0)
        unlink(path);
}
