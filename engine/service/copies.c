/* copies: see copies.h. */
#include "engine/service/copies.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "engine/store/store.h"
#include "lang/base/hash.h"

#define MARK ".copy-"
enum {
    OWN_BYTES = 6,
    DAEMON_BYTES = 16 << 20 /* left for who writes meanwhile */,
    NAME_LEFT = 32
}; /* for MARK, what is behind it, and a tail */

/* The file itself, wherever its name leads. */
static bool itself(const char *database, char out[BF_PATH_MAX]) {
    int n = realpath(database, out) ? (int)strlen(out) : snprintf(out, BF_PATH_MAX, "%s", database);
    return n < BF_PATH_MAX - NAME_LEFT;
}

enum bf_err bf_copy_name(const char *database, char out[BF_PATH_MAX], struct bf_error *e) {
    uint8_t own[OWN_BYTES];
    char hex[2 * OWN_BYTES + 1];
    while (getrandom(own, sizeof own, 0) != (ssize_t)sizeof own)
        ;
    bf_hex(own, sizeof own, hex);
    if (!itself(database, out))
        return bf_fail(e, BF_ELIMIT, "%s: the path is too long", database);
    size_t n = strlen(out);
    snprintf(out + n, BF_PATH_MAX - n, MARK "%s", hex);
    return BF_OK;
}

bool bf_copy_fits(const char *database, uint64_t *needed, uint64_t *there) {
    char path[BF_PATH_MAX];
    struct stat file;
    struct statvfs disk;
    *needed = *there = 0;
    if (!itself(database, path) || stat(path, &file) != 0 || statvfs(path, &disk) != 0)
        return true;
    *needed = (uint64_t)file.st_size + DAEMON_BYTES;
    strcat(path, "-wal"); /* its pages may be of the copy, too */
    if (stat(path, &file) == 0)
        *needed += (uint64_t)file.st_size;
    *there = (uint64_t)disk.f_bavail * disk.f_frsize;
    return *needed <= *there;
}

void bf_copy_remove(const char *path) {
    static const char *const tail[] = {"", "-wal", "-shm", "-journal", ".lock"};
    char name[BF_PATH_MAX + 512];
    for (size_t i = 0; i < sizeof tail / sizeof *tail; i++) {
        snprintf(name, sizeof name, "%s%s", path, tail[i]);
        unlink(name);
    }
}

static bool is_copy(const char *name, const char *of, size_t of_len) {
    size_t mark = sizeof MARK - 1;
    return strncmp(name, of, of_len) == 0 && strncmp(name + of_len, MARK, mark) == 0 &&
           strspn(name + of_len + mark, "0123456789abcdef") == (size_t)2 * OWN_BYTES &&
           name[of_len + mark + 2 * OWN_BYTES] == '\0';
}

unsigned bf_copies_remove(const char *database) {
    char path[BF_PATH_MAX], copy[BF_PATH_MAX + 256];
    struct bf_error e;
    unsigned removed = 0;
    if (!itself(database, path))
        return 0;
    char *slash = strrchr(path, '/');
    const char *folder = slash ? path : ".", *name = slash ? slash + 1 : path;
    if (slash)
        *slash = '\0';
    DIR *d = opendir(*folder ? folder : "/");
    for (const struct dirent *x; d && (x = readdir(d)) != NULL;) {
        if (!is_copy(x->d_name, name, strlen(name)))
            continue;
        snprintf(copy, sizeof copy, "%s/%s", folder, x->d_name);
        int lock = bf_store_lock(copy, &e);
        if (lock < 0)
            continue; /* somebody reads it */
        bf_copy_remove(copy);
        close(lock);
        removed++;
    }
    if (d)
        closedir(d);
    return removed;
}
